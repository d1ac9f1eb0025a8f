import { connect, createServer } from 'node:net'

/** A proxy that counts connections. */
export interface Counter {
  readonly port: number
  readonly count: () => number
  readonly close: () => void
}

/** Starts a proxy on a free port that forwards connections to a server on this machine. */
export async function startCounter(port: number): Promise<Counter> {
  let count = 0
  const listener = createServer((socket) => {
    count++
    const upstream = connect(port, '127.0.0.1')
    for (const end of [socket, upstream]) end.on('error', () => {})
    socket.pipe(upstream).pipe(socket)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, count: () => count, close: () => listener.close() }
}
