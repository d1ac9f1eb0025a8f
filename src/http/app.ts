import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import fastify, { type FastifyInstance } from 'fastify'
import type { Selection } from '../poll/selection.ts'
import { landingPage } from './landing-page.ts'
import type { Status } from './status.ts'

/** What the HTTP server is handed to serve. */
export interface Served {
  /** The whole page, or one server's part; undefined when there is no such server. */
  readonly metrics: (selection: Selection) => Promise<Buffer | undefined>
  /** Hears of each scrape as it comes. */
  readonly scraped: (client: string) => void
  /** Whether every query has been tried once. */
  readonly isReady: () => boolean
  readonly status: () => Status
}

const gzipText = promisify(gzip)

/** The routes; nothing here waits for a database. */
export function createApp({ metrics, scraped, isReady, status }: Served): FastifyInstance {
  const app = fastify({ logger: false, forceCloseConnections: true })

  app.get<{ Querystring: { server?: string | string[]; team?: string | string[] } }>('/metrics', async (request, reply) => {
    scraped(request.ip)
    const [server] = [request.query.server].flat()
    const [team] = [request.query.team].flat()
    // Everybody's page instead of a team's would show what the team may not see.
    if (team !== undefined)
      return reply.code(404).type('text/plain').send(`There is no team "${team}" here; teams cannot be configured yet.\n`)
    const text = await metrics({ server })
    if (text === undefined) return reply.code(404).type('text/plain').send(`There is no server "${server}" here; / lists them.\n`)
    void reply.type('text/plain; version=0.0.4; charset=utf-8').header('vary', 'accept-encoding')
    if (!acceptsGzip(request.headers['accept-encoding'])) return text
    return reply.header('content-encoding', 'gzip').send(await gzipText(text, { level: constants.Z_BEST_SPEED }))
  })

  app.get('/healthz', async (_, reply) => reply.type('text/plain').send('ok\n'))

  app.get('/readyz', async (_, reply) => {
    const isReadyNow = isReady()
    return reply
      .code(isReadyNow ? 200 : 503)
      .type('text/plain')
      .send(isReadyNow ? 'ready\n' : 'not every query has been tried yet\n')
  })

  app.get('/', async (_, reply) => reply.type('text/html; charset=utf-8').send(landingPage(status())))

  return app
}

/** Whether the header names gzip with a weight above zero. Source: RFC 9110, "Accept-Encoding". */
function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
