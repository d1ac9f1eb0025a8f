import type { Server as HttpServer } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { type SecureContextOptions, Server, type TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '../clock.ts'
import { type ClientCertificatePolicy, refusalOf } from './client-certificate.ts'

export interface TlsSettings {
  readonly context: SecureContextOptions
  readonly clientCertificates: ClientCertificatePolicy
}

/** The TLS part of an HTTP server, whose settings can be replaced while it runs. */
export interface TlsServer {
  /** The options with which the server is created. */
  readonly options: ServerOptions
  /** Checks the client certificates of the server, before it reads a request. */
  readonly attach: (server: HttpServer) => void
  /** Closes the connections that have not completed the handshake. The HTTP server waits for them, but does not close them. */
  readonly close: () => void
  /** Applies other settings to new connections. Connections in progress continue. */
  readonly update: (settings: TlsSettings) => void
}

/** A client that does not complete the handshake is disconnected after this time. */
const handshakeTimeout = 10_000

/** The shortest time between two messages about refused connections. A port scanner must not fill the log. */
const logIntervalMs = 60_000

/** Creates the TLS part of an HTTP server. `log` receives why the handshake of a connection failed, at most once a minute. */
export function createTlsServer(initial: TlsSettings, log: (message: string) => void, clock: Clock = systemClock): TlsServer {
  let settings = initial
  let server: Server | undefined
  let loggedAt = Number.NEGATIVE_INFINITY
  /** The connections that have not completed the handshake, by address and port of the client. */
  const incomplete = new Map<string, Socket>()
  let isClosing = false
  const refused = (socket: TLSSocket, reason: string) => {
    if (clock.now() - loggedAt < logIntervalMs) return
    loggedAt = clock.now()
    log(`TLS connection${socket.remoteAddress === undefined ? '' : ` from ${socket.remoteAddress}`} refused: ${reason}`)
  }
  return {
    options: { ...settings.context, ...requestOf(settings), handshakeTimeout },
    attach: (created) => {
      if (!(created instanceof Server)) throw new Error('the HTTP server was created without TLS')
      server = created
      server.on('connection', (socket: Socket) => {
        const client = clientOf(socket)
        incomplete.set(client, socket)
        socket.once('close', () => incomplete.delete(client))
        if (isClosing) socket.destroy()
      })
      server.on('tlsClientError', ({ code, message }: NodeJS.ErrnoException, socket) => {
        // A client that disconnects was not refused: a health check connects and sends nothing.
        if (socket.authorizationError || code !== 'ECONNRESET') refused(socket, String(socket.authorizationError || code || message))
      })
      // Before the listener of the HTTP server, which reads requests.
      server.prependListener('secureConnection', (socket) => {
        incomplete.delete(clientOf(socket))
        const reason = refusalOf(socket, settings.clientCertificates)
        if (reason === undefined) return
        refused(socket, reason)
        socket.destroy()
      })
    },
    close: () => {
      isClosing = true
      for (const socket of incomplete.values()) socket.destroy()
    },
    update: (next) => {
      server?.setSecureContext(next.context)
      settings = next
      // The server reads these properties for each connection; setSecureContext does not set them.
      if (server !== undefined) Object.assign(server, requestOf(next))
    }
  }
}

function clientOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`
}

function requestOf({
  clientCertificates: { isRequested, isRequired, isVerified }
}: TlsSettings): Pick<ServerOptions, 'requestCert' | 'rejectUnauthorized'> {
  return { requestCert: isRequested, rejectUnauthorized: isRequired && isVerified }
}
