import { type Connection, isSocket } from '../server/server.ts'

/** Equal for the connections to one server; the names of the loopback interface are one host. */
export function serverKey({ host, port }: Pick<Connection, 'host' | 'port'>): string {
  const isLoopback = !isSocket(host) && /^(localhost|127(\.\d+){3}|::1)$/i.test(host)
  return `${isLoopback ? 'localhost' : isSocket(host) ? host : host.toLowerCase()} ${port}`
}
