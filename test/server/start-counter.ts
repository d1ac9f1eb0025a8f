import { connect, createServer } from 'node:net'

/** A way to a server that counts those who take it. */
export interface Counter {
  readonly port: number
  readonly count: () => number
  readonly close: () => void
}

/** Passes connections on to a server and counts them. */
export async function startCounter(port: number): Promise<Counter> {
  let count = 0
  const listener = createServer((socket) => {
    count++
    const onward = connect(port, '127.0.0.1')
    for (const end of [socket, onward]) end.on('error', () => {})
    socket.pipe(onward).pipe(socket)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const address = listener.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, count: () => count, close: () => listener.close() }
}
