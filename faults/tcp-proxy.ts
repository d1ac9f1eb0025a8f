import { connect, createServer, type Server, type Socket } from 'node:net'

/** Handles a new connection. `upstream` connects to the server. */
export type Behaviour = (client: Socket, upstream: () => Socket) => void

/** A TCP proxy in front of a server, which simulates failures of the network. */
export interface TcpProxy {
  readonly port: number
  /** Sets the behaviour for new connections. */
  readonly become: (behaviour: Behaviour) => void
  /** Resets the open connections. */
  readonly cut: () => void
  /** Silences the open connections: no byte passes, and no end is forwarded. */
  readonly silence: () => void
  /** Refuses new connections and resets the open ones. */
  readonly refuse: () => Promise<void>
  /** When `refuse` was called last, in milliseconds since 1970. */
  readonly refusedAt: () => number
  readonly accept: () => Promise<void>
  /** The port of another server for new connections. */
  readonly redirect: (port: number) => void
  /** Forwards again as at the start, with new connections. */
  readonly reset: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a proxy of a server at 127.0.0.1. */
export async function startTcpProxy(target: number, host = '127.0.0.1', fixedPort = 0): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let [behaviour, current] = [forward as Behaviour, target]
  const track = (socket: Socket): Socket => {
    open.add(socket)
    socket.setNoDelay(true)
    return socket.on('error', () => {}).on('close', () => open.delete(socket))
  }
  const onConnection = (client: Socket) => behaviour(track(client), () => track(connect(current, '127.0.0.1')))
  let server = await listen(fixedPort, host, onConnection)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const cut = () => {
    for (const socket of [...open]) socket.resetAndDestroy()
  }
  let refusedAt = 0
  const refuse = async () => {
    refusedAt = Date.now()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    cut()
    await closed
  }
  const accept = async () => {
    if (!server.listening) server = await listen(port, host, onConnection)
  }
  return {
    port,
    become: (next) => {
      behaviour = next
    },
    cut,
    silence: () => {
      for (const socket of open) {
        socket.unpipe()
        socket.pause()
        socket.removeAllListeners('data')
        socket.removeAllListeners('end')
        socket.removeAllListeners('close')
      }
    },
    refuse,
    refusedAt: () => refusedAt,
    accept,
    redirect: (next) => {
      current = next
    },
    reset: async () => {
      ;[behaviour, current] = [forward, target]
      cut()
      open.clear()
      await accept()
    },
    close: refuse
  }
}

async function listen(port: number, host: string, onConnection: (client: Socket) => void): Promise<Server> {
  const server = createServer(onConnection).listen(port, host)
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

/** Connects two sockets; the end of one is the end of the other. */
export function forward(client: Socket, upstream: () => Socket): void {
  const server = upstream()
  client.pipe(server)
  server.pipe(client)
  client.on('close', () => server.destroy())
  server.on('close', () => client.destroy())
}

/** Forwards and passes each chunk from the server to `send`, which writes it to the client. */
export function forwardBy(send: (chunk: Buffer, client: Socket) => void): Behaviour {
  return (client, upstream) => {
    const server = upstream()
    client.pipe(server)
    server.on('data', (chunk: Buffer) => send(chunk, client))
    client.on('close', () => server.destroy())
    server.on('close', () => client.destroy())
  }
}

/** Accepts and never responds. */
export function swallow(client: Socket): void {
  client.on('data', () => {})
}

/** Responds to every chunk with what the function returns; the connection stays open. */
export function respond(answer: (chunk: Buffer, count: number) => Buffer | string | undefined): Behaviour {
  return (client) => {
    let count = 0
    client.on('data', (chunk: Buffer) => {
      const bytes = answer(chunk, count++)
      if (bytes !== undefined) client.write(bytes)
    })
  }
}
