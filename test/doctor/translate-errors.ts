import { createConnection, createServer } from 'node:net'
import type { Test } from 'tap'

/**
 * A proxy in front of a server that replaces the message of every error, as a server with another `lc_messages` does:
 * the test servers are built without translations. Returns its port. Connections must use `sslmode=disable`.
 */
export async function translateErrors(t: Test, serverPort: number, message: string): Promise<number> {
  const proxy = createServer((client) => {
    const server = createConnection(serverPort, '127.0.0.1')
    let unread = Buffer.alloc(0)
    client.pipe(server)
    server.on('data', (data) => {
      unread = Buffer.concat([unread, data])
      for (let end = endOfFirst(unread); end <= unread.length; end = endOfFirst(unread)) {
        client.write(translate(unread.subarray(0, end), message))
        unread = unread.subarray(end)
      }
    })
    server.on('close', () => client.destroy())
    client.on('close', () => server.destroy())
    for (const socket of [client, server]) socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  t.teardown(() => proxy.close())
  await new Promise((resolve) => proxy.once('listening', resolve))
  const address = proxy.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port')
  return address.port
}

/** The end of the first message of the protocol: a type, the length of the rest, and the rest. */
function endOfFirst(data: Buffer): number {
  return data.length < 5 ? Number.POSITIVE_INFINITY : 1 + data.readUInt32BE(1)
}

/** Replaces the field `M` of an ErrorResponse. */
function translate(data: Buffer, message: string): Buffer {
  if (data[0] !== 'E'.charCodeAt(0)) return data
  const fields = data
    .subarray(5)
    .toString()
    .split('\0')
    .filter((field) => field !== '')
  const body = Buffer.from(`${fields.map((field) => (field.startsWith('M') ? `M${message}` : field)).join('\0')}\0\0`)
  const head = Buffer.from('E\0\0\0\0')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
