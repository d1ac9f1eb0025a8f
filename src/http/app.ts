import { hostname } from 'node:os'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Clock, systemClock } from '../clock.ts'
import type { Page } from '../page/pages.ts'
import type { Selection } from '../page/selection.ts'
import type { Status } from '../page/status.ts'
import { type Basic, createAccess, type Logins, type View } from './access.ts'
import { isAllowedHost } from './allowed-hosts.ts'
import { answerClientError, explainBadUrl, explainError } from './errors.ts'
import {
  createHttpServer,
  createPageLimiter,
  defaultLimits,
  type LimitMeter,
  type Limits,
  limitConnections,
  limitRequests
} from './limits.ts'
import { createLogin } from './login.ts'
import { securityHeaders } from './security-headers.ts'
import { discoverTargets, listenAddress, type Target } from './service-discovery.ts'
import { createSharedText } from './shared-text.ts'
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
  /** The status of everything, or of the databases of these teams. */
  readonly status: (teams?: ReadonlySet<string>) => Status
  /** The targets of `/sd`. */
  readonly targets: () => readonly Target[]
  readonly logins: () => Logins
  readonly basic?: Basic | undefined
  /** Additional headers of every response, which replace those of the same name. */
  readonly headers?: () => Readonly<Record<string, string>>
  /** Whether the rate limit admits another request. */
  readonly isWithinRate?: () => boolean
  /** Serves HTTPS if it is defined. */
  readonly tls?: TlsServer | undefined
  /** Names in the `Host` header that are allowed in addition to the default, if neither a login nor TLS is configured. */
  readonly allowedHosts?: () => readonly string[]
  readonly http: HttpMeter
  readonly log: { readonly warn: (message: string) => void; readonly error: (details: object, message: string) => void }
  readonly limits?: Partial<Limits>
  readonly clock?: Clock
}

interface HttpMeter extends LimitMeter {
  readonly authFailed: () => void
  readonly rejected: (reason: 'busy' | 'rate' | 'host') => void
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the client may see. */
    view: View
  }
}

/** Without a compiler of schemas, Fastify loads its own, which load Ajv. No route has a schema. */
const noCompiler = (): never => {
  throw new Error('no route has a schema')
}

/** Creates the HTTP server with its routes. No route waits for a database. */
export function createApp(served: Served): FastifyInstance {
  const { metrics, scraped, isReady, status, targets, http, log, tls, isWithinRate = () => true, clock = systemClock } = served
  const limits = { ...defaultLimits, ...served.limits }
  const app: FastifyInstance = fastify({
    // Without it, Fastify creates a second server for the second address of localhost, without the limits and without `tls`.
    serverFactory: (handler) => createHttpServer(handler, limits, tls?.options),
    // For the URL that `listen` returns.
    ...(tls !== undefined && ({ https: {} } as object)),
    logger: false,
    forceCloseConnections: true,
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    clientErrorHandler: answerClientError,
    frameworkErrors: explainBadUrl
  })
  tls?.attach(app.server)
  app.addHook('preClose', async () => tls?.close())
  // Only `createLogin` uses it.
  void app.register(rateLimit, { global: false })
  limitConnections(app, limits, http)
  app.addHook('onRequest', async (_, reply) => void reply.headers({ ...securityHeaders, ...served.headers?.() }))
  limitRequests(app, limits, http)
  app.addHook('onRequest', async (_, reply) => {
    if (isWithinRate()) return undefined
    http.rejected('rate')
    return reply.code(429).type('text/plain').send('too many requests\n')
  })
  app.addHook('onRequest', rejectOtherMethods)
  app.setNotFoundHandler((_, reply) => reply.code(404).type('text/plain').send('Not found; / links to all pages.\n'))
  app.setErrorHandler(explainError(log))

  const access = createAccess(served.logins, clock, served.basic)
  const login = createLogin(app, { access, meter: http, log, clock })
  const pages = createPageLimiter(limits, http)

  /** Rejects requests without a valid login, or under a name that is not allowed if neither a login nor TLS is configured. */
  const guard = async (request: FastifyRequest, reply: FastifyReply) => {
    if (access.configured() > 0) {
      const view = await login(request, reply)
      if (view === undefined) return reply
      request.view = view
    } else if (tls === undefined && !isAllowedHost(request.headers.host, [hostname().toLowerCase(), ...(served.allowedHosts?.() ?? [])])) {
      http.rejected('host')
      return reply.code(421).type('text/plain').send(explainHost(request.headers.host))
    }
    if (!pages.admit(reply)) return reply
  }
  app.decorateRequest('view', 'everything')
  const guarded = { onRequest: guard }

  app.get<Part>('/metrics', guarded, async (request, reply) => {
    const requestedAt = clock.now()
    const part = visiblePart(partOf(request), request.view)
    if (typeof part === 'string') return reply.code(403).type('text/plain').send(part)
    const page = await metrics(part)
    if (page === undefined) return reply.code(404).type('text/plain').send(explainMissing(part))
    const { ip, method, headers } = request
    // The responses to HEAD and 304 contain no page, so they are not recorded as scrapes.
    const isKnown = isListed(page.etag, headers['if-none-match'])
    const isCompressed = acceptsGzip(headers['accept-encoding'])
    const body = isKnown ? '' : isCompressed ? await page.gzip() : page.text
    if (!pages.hold(reply, body)) return reply
    void reply.headers({ vary: 'accept-encoding', etag: page.etag })
    if (isKnown) return reply.code(304).send()
    if (isCompressed) void reply.header('content-encoding', 'gzip')
    // A client that closes the connection earlier has not received the page.
    if (method === 'GET') reply.raw.once('finish', () => scraped(ip, part, page.builtAt, requestedAt))
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(body)
  })

  app.get('/sd', guarded, async ({ view }) =>
    discoverTargets(targets(), view, { ownAddress: listenAddress(app.server), isTls: tls !== undefined })
  )

  const share = createSharedText(clock)
  /** The status that the client may see, as a text. */
  const statusText = (path: string, view: View, format: (status: Status) => string) =>
    share(JSON.stringify([path, ...(view === 'everything' ? [] : [...view].sort())]), () =>
      format(status(view === 'everything' ? undefined : view))
    )

  app.get('/api/status', guarded, async ({ view }, reply) => {
    const body = statusText('/api/status', view, JSON.stringify)
    return pages.hold(reply, body) ? reply.type('application/json; charset=utf-8').send(body) : reply
  })

  app.get('/', guarded, async ({ view }, reply) => {
    const body = statusText('/', view, statusPage)
    return pages.hold(reply, body) ? reply.type('text/html; charset=utf-8').send(body) : reply
  })

  app.get('/healthz', async (_, reply) => reply.type('text/plain').send('ok\n'))

  app.get('/readyz', async (_, reply) => {
    const isReadyNow = isReady()
    return reply
      .code(isReadyNow ? 200 : 503)
      .type('text/plain')
      .send(isReadyNow ? 'ready\n' : 'not ready: some queries have not been polled yet\n')
  })

  return app
}

/** Rejects methods that no route has. The connection is closed, because the body is not read. */
async function rejectOtherMethods({ method }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (method === 'GET' || method === 'HEAD') return undefined
  return reply.code(405).headers({ allow: 'GET, HEAD', connection: 'close' }).type('text/plain').send('only GET and HEAD are allowed\n')
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

/** The part that a client may see: with a login of one team, its page. The reason if it may not see the requested part. */
function visiblePart({ server, team }: Selection, view: View): Selection | string {
  if (view === 'everything') return { server, team }
  const [own = '', ...others] = view
  if (team === undefined && others.length > 0)
    return `Your login belongs to several teams: select one with ?team= (${[...view].join(', ')}).\n`
  // The same response for unknown teams.
  if (!view.has(team ?? own)) return 'Your login does not give access to the page of this team.\n'
  return { server, team: team ?? own }
}

/** The message for an unknown server or team. The whole page must not be returned instead: it shows the data of all teams. */
function explainMissing({ server, team }: Selection): string {
  if (team === undefined) return `Unknown server ${quote(server)}; / lists the servers.\n`
  return `No team ${quote(team)} owns a database${server === undefined ? '' : ` of the server ${quote(server)}`}.\n`
}

function explainHost(host = ''): string {
  return `The host name ${quote(host)} is not allowed. Add it to PGVITALS_ALLOWED_HOSTS, or configure tokens or users. IP addresses and names without a dot are always allowed.\n`
}

/** The beginning of a text from the request, in quotes. */
function quote(text = ''): string {
  return text.length > 100 ? `"${text.slice(0, 100)}…"` : `"${text}"`
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
