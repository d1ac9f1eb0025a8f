import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https'
import type { Socket } from 'node:net'
import { finished } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** The resources that clients may use. Times are in milliseconds. */
export interface Limits {
  /** Open connections. */
  readonly connections: number
  /** Requests of one connection that wait for its previous response. A connection that sends more is closed. */
  readonly waiting: number
  /** Pages in flight over all connections. */
  readonly pages: number
  /** The size of all different pages in flight, in bytes. A slow client keeps its page in memory. */
  readonly pageBytes: number
  /** The time to send the headers of a request. */
  readonly headersMs: number
  /** The longest time in which a connection with a request makes no progress, in either direction. */
  readonly stalledMs: number
  /** The time to receive a response. A client that reads a few bytes at a time makes progress. */
  readonly responseMs: number
}

export const defaultLimits: Limits = {
  connections: 1024,
  waiting: 8,
  pages: 512,
  pageBytes: 128 * 2 ** 20,
  headersMs: 10_000,
  stalledMs: 10_000,
  responseMs: 60_000
}

/** A longer idle connection is closed. It is longer than a usual scrape interval. */
const idleMs = 72_000

/** Creates the HTTP server, or an HTTPS server with the options of `tls`, with the timeouts for clients. */
export function createHttpServer(handler: RequestListener, { headersMs, stalledMs }: Limits, tls?: TlsOptions): Server {
  const options = {
    headersTimeout: headersMs,
    requestTimeout: headersMs,
    keepAliveTimeout: idleMs,
    // Node.js checks by default only every 30 s whether headers are late.
    connectionsCheckingInterval: Math.ceil(headersMs / 4)
  }
  return (tls === undefined ? createServer(options, handler) : createTlsServer({ ...tls, ...options }, handler)).setTimeout(stalledMs)
}

/** Counts rejected requests and pages in flight. */
export interface LimitMeter {
  readonly rejected: (reason: 'busy') => void
  readonly pagesInFlight: (count: number) => void
}

/** Limits the number of connections. If it is reached, idle connections are closed: clients open them again when they need them. */
export function limitConnections({ server }: FastifyInstance, { connections }: Limits, { rejected }: LimitMeter): void {
  server.maxConnections = connections
  server.on('drop', () => {
    rejected('busy')
    server.closeIdleConnections()
  })
}

/**
 * Processes the requests of a connection one at a time. HTTP allows a client to send requests without reading responses:
 * 1,000 requests in 38 kB, each of which would be answered in memory.
 */
export function limitRequests(app: FastifyInstance, { waiting, responseMs }: Limits, { rejected }: LimitMeter): void {
  const states = new WeakMap<Socket, { open: number; last: Promise<void> }>()
  app.addHook('onRequest', async ({ raw: { socket } }, reply) => {
    const state = states.get(socket) ?? { open: 0, last: Promise.resolve() }
    states.set(socket, state)
    if (state.open > waiting && !socket.destroyed) {
      rejected('busy')
      socket.destroy()
    }
    if (socket.destroyed) return reply.hijack()
    const previous = state.last
    state.open++
    state.last = new Promise((resolve) => {
      finished(reply.raw, () => {
        state.open--
        resolve()
      })
    })
    await previous
    if (socket.destroyed) return reply.hijack()
    const timer = setTimeout(() => socket.destroy(), responseMs).unref()
    finished(reply.raw, () => clearTimeout(timer))
  })
}

/** Limits the pages in flight over all connections. Both functions return false, and answer 503, if there are too many. */
export interface PageLimiter {
  /** Admits a page until its response has ended. */
  readonly admit: (reply: FastifyReply) => boolean
  /** Admits the memory of a page until its response has ended. */
  readonly hold: (reply: FastifyReply, page: Buffer | string) => boolean
}

export function createPageLimiter({ pages, pageBytes }: Limits, { rejected, pagesInFlight }: LimitMeter): PageLimiter {
  let inFlight = 0
  let bytes = 0
  /** The number of responses with each page. The same page needs memory once. */
  const held = new Map<Buffer | string, number>()

  const refuse = (reply: FastifyReply) => {
    rejected('busy')
    void reply.code(503).header('retry-after', '1').type('text/plain').send('too many pages in flight; try again\n')
    return false
  }

  return {
    admit: (reply) => {
      if (inFlight >= pages) return refuse(reply)
      pagesInFlight(++inFlight)
      finished(reply.raw, () => pagesInFlight(--inFlight))
      return true
    },
    hold: (reply, page) => {
      const others = held.get(page) ?? 0
      // A page alone may have any size.
      if (others === 0 && bytes > 0 && bytes + page.length > pageBytes) return refuse(reply)
      if (others === 0) bytes += page.length
      held.set(page, others + 1)
      finished(reply.raw, () => {
        const left = (held.get(page) ?? 1) - 1
        if (left > 0) held.set(page, left)
        else {
          held.delete(page)
          bytes -= page.length
        }
      })
      return true
    }
  }
}
