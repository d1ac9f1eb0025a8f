import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Selection } from '../poll/selection.ts'
import { createGate, type Tokens } from './gate.ts'
import { landingPage } from './landing-page.ts'
import type { Status } from './status.ts'

/** What the HTTP server is handed to serve. */
export interface Served {
  /** The whole page, or a server's or a team's part; undefined when there is none. */
  readonly metrics: (selection: Selection) => Promise<Buffer | undefined>
  /** Hears of each scrape as it comes. */
  readonly scraped: (client: string) => void
  /** Whether every query has been tried once. */
  readonly isReady: () => boolean
  readonly status: () => Status
  /** Who may read what. */
  readonly tokens: () => Tokens
}

const gzipText = promisify(gzip)

/** The routes; nothing here waits for a database. */
export function createApp({ metrics, scraped, isReady, status, tokens }: Served): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true })
  const mayRead = createGate(tokens)

  /** Refuses whoever has no token for this part, where tokens are asked for. */
  const guard = async (request: FastifyRequest<Part>, reply: FastifyReply) => {
    const { team } = partOf(request)
    // Other pages than the metrics tell of all teams.
    const asked = request.routeOptions.url === '/metrics' ? team : undefined
    if (await mayRead(asked, request.headers.authorization)) return
    return reply
      .code(401)
      .header('www-authenticate', 'Bearer realm="pgvitals"')
      .type('text/plain')
      .send(`${asked === undefined ? 'This page' : `The page of the team "${asked}"`} needs a token: Authorization: Bearer …\n`)
  }
  const guarded = { preHandler: guard }

  app.get<Part>('/metrics', guarded, async (request, reply) => {
    // One Prometheus may scrape several parts of the page.
    scraped(`${request.ip} ${request.url}`)
    const part = partOf(request)
    const text = await metrics(part)
    if (text === undefined) return reply.code(404).type('text/plain').send(explainMissing(part))
    void reply.type('text/plain; version=0.0.4; charset=utf-8').header('vary', 'accept-encoding')
    if (!acceptsGzip(request.headers['accept-encoding'])) return text
    return reply.header('content-encoding', 'gzip').send(await gzipText(text, { level: constants.Z_BEST_SPEED }))
  })

  // Prometheus asks this exporter for each server; a label `server` here would rename ours.
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
      .send(isReadyNow ? 'ready\n' : 'not every query has been tried yet\n')
  })

  app.get<Part>('/', guarded, async (_, reply) => reply.type('text/html; charset=utf-8').send(landingPage(status())))

  return app
}

interface Part {
  readonly Querystring: { readonly server?: string | string[]; readonly team?: string | string[] }
}

/** Which part of the page the request names; the first where it names several. */
function partOf({ query }: FastifyRequest<Part>): Selection {
  const [server] = [query.server].flat()
  const [team] = [query.team].flat()
  return { server, team }
}

/** Everybody's page instead of a team's would show what the team may not see. */
function explainMissing({ server, team }: Selection): string {
  if (team === undefined) return `There is no server "${server}" here; / lists them.\n`
  return `There is no team "${team}" that owns a database${server === undefined ? ' here' : ` of a server "${server}"`}.\n`
}

/** Whether the header names gzip with a weight above zero. Source: RFC 9110, "Accept-Encoding". */
function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
