import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { securityHeaders } from './security-headers.ts'

/** Answers a request that failed. The error of a handler is logged and not returned, because it may contain names or texts of databases. */
export function explainError(log: { readonly error: (details: object, message: string) => void }) {
  return (error: FastifyError, { routeOptions }: FastifyRequest, reply: FastifyReply) => {
    const { statusCode: status = 500 } = error
    // An error with a status is expected, such as a refused request.
    if (error.statusCode === undefined) log.error({ err: error }, `${routeOptions.url} failed`)
    return reply.code(status).type('text/plain').send(`${STATUS_CODES[status]}\n`)
  }
}

/** Answers a URL that cannot be decoded, for which Fastify runs no hooks. */
export function explainBadUrl(_: FastifyError, __: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(400)
    .headers({ ...securityHeaders, connection: 'close' })
    .type('text/plain')
    .send('the URL cannot be decoded\n')
}

const statusByCode: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/** Answers bytes that are not an HTTP request, and closes the connection. Only ended, it would stay open as long as the client sends. */
export function answerClientError({ code = '' }: { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) return
  const status = statusByCode[code] ?? 400
  const headers = { ...securityHeaders, connection: 'close', 'content-length': '0' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`)
  socket.destroySoon()
}
