import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Clock, systemClock } from '../clock.ts'
import type { Selection } from '../page/selection.ts'
import type { Status } from '../page/status.ts'
import { createAccess, type Tokens } from './access.ts'
import { statusPage } from './status-page.ts'

/** What the HTTP server serves. */
export interface Served {
  /** The whole page, or the part of a server or a team; undefined when there is none. */
  readonly metrics: (selection: Selection) => Promise<Buffer | undefined>
  /** A client has received a page. */
  readonly scraped: (client: string, selection: Selection) => void
  /** Whether every query has been polled once. */
  readonly isReady: () => boolean
  readonly status: () => Status
  /** Who may read what. */
  readonly tokens: () => Tokens
  readonly clock?: Clock
}

const gzipText = promisify(gzip)

/** The routes. None of them waits for a database. */
export function createApp({ metrics, scraped, isReady, status, tokens, clock = systemClock }: Served): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true })
  const mayRead = createAccess(tokens, clock)

  /** Rejects requests without a token for the requested part, where tokens are configured. */
  const guard = async (request: FastifyRequest<Part>, reply: FastifyReply) => {
    const { team } = partOf(request)
    // The other pages show all teams.
    const requested = request.routeOptions.url === '/metrics' ? team : undefined
    if (await mayRead(requested, request.headers.authorization)) return
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer realm="pgvitals"')
      .type('text/plain')
      .send(`${requested === undefined ? 'This page' : `The page of the team "${requested}"`} needs a token: Authorization: Bearer …\n`)
  }
  const guarded = { preHandler: guard }

  app.get<Part>('/metrics', guarded, async (request, reply) => {
    const part = partOf(request)
    const text = await metrics(part)
    if (text === undefined) return reply.code(404).type('text/plain').send(explainMissing(part))
    scraped(request.ip, part)
    void reply.type('text/plain; version=0.0.4; charset=utf-8').header('vary', 'accept-encoding')
    if (!acceptsGzip(request.headers['accept-encoding'])) return text
    return reply.header('content-encoding', 'gzip').send(await gzipText(text, { level: constants.Z_BEST_SPEED }))
  })

  // Prometheus scrapes this exporter once for each server; a label `server` here would rename ours.
  app.get<Part>('/sd', guarded, async (request) =>
    status().servers.map(({ name }) => ({ targets: [request.host], labels: { __param_server: name, instance: name } }))
  )

  app.get<Part>('/api/status', guarded, async () => status())

  app.get('/healthz', async (_, reply) => reply.type('text/plain').send('ok\n'))

  app.get('/readyz', async (_, reply) => {
    const isReadyNow = isReady()
    return reply
      .code(isReadyNow ? 200 : 503)
      .type('text/plain')
      .send(isReadyNow ? 'ready\n' : 'not ready: some queries have not been polled yet\n')
  })

  app.get<Part>('/', guarded, async (_, reply) => reply.type('text/html; charset=utf-8').send(statusPage(status())))

  return app
}

interface Part {
  readonly Querystring: { readonly server?: string | string[]; readonly team?: string | string[] }
}

/** The part of the page that the request names; the first where it names several. */
function partOf({ query }: FastifyRequest<Part>): Selection {
  const [server] = [query.server].flat()
  const [team] = [query.team].flat()
  return { server, team }
}

/** The whole page instead of a team's would show what the team may not see. */
function explainMissing({ server, team }: Selection): string {
  if (team === undefined) return `Unknown server "${server}"; / lists the servers.\n`
  return `No team "${team}" owns a database${server === undefined ? '' : ` of the server "${server}"`}.\n`
}

/** Whether the header accepts gzip with a weight above zero. Source: RFC 9110, "Accept-Encoding". */
function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
