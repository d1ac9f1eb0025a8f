import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Clock, systemClock } from '../clock.ts'
import type { Page } from '../page/pages.ts'
import type { Selection } from '../page/selection.ts'
import type { Status } from '../page/status.ts'
import { type Basic, createAccess, type Tokens } from './access.ts'
import { statusPage } from './status-page.ts'
import type { TlsServer } from './tls-server.ts'

/** The functions that the HTTP server calls. */
export interface Served {
  /** The whole page, or the part of a server or a team; undefined if the server or team is unknown. */
  readonly metrics: (selection: Selection) => Promise<Page | undefined>
  /** Records that a client has received a page with the state of the time `builtAt`, which it requested at `requestedAt`. */
  readonly scraped: (client: string, selection: Selection, builtAt: number, requestedAt: number) => void
  /** Whether every query has been polled once. */
  readonly isReady: () => boolean
  readonly status: () => Status
  /** The targets of `/sd`. Without an address, the target is this process under the host name of the request. */
  readonly targets: () => readonly { readonly server: string | undefined; readonly address: string | undefined }[]
  readonly tokens: () => Tokens
  readonly basic?: Basic | undefined
  /** Headers of every response. */
  readonly headers?: () => Readonly<Record<string, string>>
  /** Whether another request may be answered. */
  readonly isWithinRate?: () => boolean
  /** Serves HTTPS if it is defined. */
  readonly tls?: TlsServer | undefined
  readonly clock?: Clock
}

/** Without a compiler of schemas, Fastify loads its own, which load Ajv. No route has a schema. */
const noCompiler = (): never => {
  throw new Error('no route has a schema')
}

/** Creates the HTTP server with its routes. No route waits for a database. */
export function createApp({
  metrics,
  scraped,
  isReady,
  status,
  targets,
  tokens,
  basic,
  headers = () => ({}),
  isWithinRate = () => true,
  tls,
  clock = systemClock
}: Served): FastifyInstance {
  const app: FastifyInstance = fastify({
    // The types of Fastify allow no server that is either.
    ...((tls === undefined ? {} : { https: tls.options }) as object),
    logger: false,
    forceCloseConnections: true,
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } }
  })
  tls?.attach(app.server)
  app.addHook('preClose', async () => tls?.close())
  const mayRead = createAccess(tokens, clock, basic)

  app.addHook('onRequest', async (_, reply) => {
    void reply.headers(headers())
    if (!isWithinRate()) return reply.code(429).type('text/plain').send('too many requests\n')
    return undefined
  })

  /** Rejects requests without a valid token for the requested page if tokens are configured. */
  const guard = async (request: FastifyRequest<Part>, reply: FastifyReply) => {
    const { team } = partOf(request)
    // Other pages contain the data of all teams.
    const requested = request.routeOptions.url === '/metrics' ? team : undefined
    if (await mayRead(requested, request.headers.authorization)) return
    return reply
      .code(401)
      .header('www-authenticate', (basic?.users().size ?? 0) > 0 ? 'Basic realm="pgvitals"' : 'Bearer realm="pgvitals"')
      .type('text/plain')
      .send(`${requested === undefined ? 'This page' : `The page of the team "${requested}"`} needs a token: Authorization: Bearer …\n`)
  }
  const guarded = { preHandler: guard }

  app.get<Part>('/metrics', guarded, async (request, reply) => {
    const requestedAt = clock.now()
    const part = partOf(request)
    const page = await metrics(part)
    if (page === undefined) return reply.code(404).type('text/plain').send(explainMissing(part))
    void reply.header('vary', 'accept-encoding').header('etag', page.etag)
    // The responses to HEAD and 304 contain no page, so they are not recorded as scrapes.
    if (isListed(page.etag, request.headers['if-none-match'])) return reply.code(304).send()
    const isCompressed = acceptsGzip(request.headers['accept-encoding'])
    const body = isCompressed ? await page.gzip() : page.text
    const { ip, method } = request
    // A client that closes the connection earlier has not received the page.
    if (method === 'GET') reply.raw.once('finish', () => scraped(ip, part, page.builtAt, requestedAt))
    if (isCompressed) void reply.header('content-encoding', 'gzip')
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(body)
  })

  // One target per server. The label is `instance`, because a target label `server` would rename the label of the metrics.
  app.get<Part>('/sd', guarded, async (request) =>
    targets().map(({ server, address = request.host }) => ({
      targets: [address],
      labels: {
        ...(server !== undefined && { __param_server: server, instance: server }),
        ...(tls !== undefined && { __scheme__: 'https' })
      }
    }))
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

/** The requested part of the page. Of repeated parameters the first counts. */
function partOf({ query }: FastifyRequest<Part>): Selection {
  const [server] = [query.server].flat()
  const [team] = [query.team].flat()
  return { server, team }
}

/** The message for an unknown server or team. The whole page must not be returned instead: it shows the data of all teams. */
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

/** Whether `If-None-Match` contains a weak entity tag, or `*`. Source: RFC 9110, "If-None-Match". */
function isListed(etag: string, header: string | undefined): boolean {
  const opaque = etag.replace(/^W\//, '')
  return (header ?? '').split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === opaque)
}
