import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, databaseDown, disturbed, down, eitherState, type Fault, unaffected } from './fault.ts'
import { repeat } from './hold-session.ts'
import { type Behaviour, forward, forwardBy, respond, swallow } from './tcp-proxy.ts'

/** New and open connections behave in this way until the fault ends. */
function behave(behaviour: Behaviour): Fault['inject'] {
  return async ({ victim: { proxy }, undo }) => {
    undo(proxy.reset)
    proxy.become(behaviour)
    proxy.cut()
  }
}

export const networkFaults: readonly Fault[] = [
  {
    name: 'every response takes 300 ms',
    group: 'network',
    inject: behave(forwardBy((chunk, client) => void setTimeout(() => client.writable && client.write(chunk), 300))),
    holdSeconds: 30,
    truth: eitherState
  },
  {
    name: 'every response takes 2 s',
    group: 'network',
    inject: behave(forwardBy((chunk, client) => void setTimeout(() => client.writable && client.write(chunk), 2000))),
    truth: down('timeout', 'network')
  },
  {
    name: 'half-open: open connections become silent, new ones work',
    group: 'network',
    inject: async ({ victim: { proxy }, undo }) => {
      undo(proxy.reset)
      proxy.silence()
    },
    truth: disturbed
  },
  {
    name: 'black hole: connections are accepted and silent',
    group: 'network',
    inject: async ({ victim: { proxy }, undo }) => {
      undo(proxy.reset)
      proxy.become(swallow)
      proxy.silence()
    },
    truth: down('timeout', 'network')
  },
  {
    name: 'connections are refused',
    group: 'network',
    inject: async ({ victim: { proxy }, undo }) => {
      undo(proxy.reset)
      await proxy.refuse()
    },
    truth: down('network')
  },
  {
    name: 'refused and accepted in turn, every second',
    group: 'network',
    inject: async (context) => {
      const { proxy } = context.victim
      context.undo(proxy.reset)
      let isRefused = false
      repeat(context, 1000, async () => {
        isRefused = !isRefused
        await (isRefused ? proxy.refuse() : proxy.accept())
      })
    },
    holdSeconds: 30,
    truth: eitherState
  },
  {
    name: 'every connection is reset after 2,000 bytes',
    group: 'network',
    inject: behave((client, upstream) => {
      let bytes = 0
      forwardBy((chunk) => {
        bytes += chunk.length
        client.write(chunk)
        if (bytes > 2000) client.resetAndDestroy()
      })(client, upstream)
    }),
    truth: disturbed
  },
  {
    name: 'open connections are reset every second',
    group: 'network',
    inject: async (context) => {
      context.undo(context.victim.proxy.reset)
      repeat(context, 1000, () => context.victim.proxy.cut())
    },
    holdSeconds: 30,
    truth: eitherState
  },
  {
    name: 'one byte per packet',
    group: 'network',
    inject: behave(
      forwardBy((chunk, client) => {
        for (const byte of chunk) client.write(Buffer.of(byte))
      })
    ),
    holdSeconds: 32,
    truth: unaffected
  },
  {
    name: 'one byte per second',
    group: 'network',
    inject: behave(trickle),
    truth: down('timeout', 'network')
  },
  {
    name: 'a TLS handshake that never ends',
    group: 'network',
    inject: behave(respond((_, count) => (count === 0 ? 'S' : undefined))),
    truth: down('timeout', 'network', 'tls')
  },
  {
    name: 'connections are reset during the login',
    group: 'network',
    inject: behave((client) => void client.once('data', () => client.resetAndDestroy())),
    truth: down('network')
  },
  {
    name: 'a failover to a server of another major version',
    group: 'network',
    inject: async (context) => await moveTo(context),
    holdSeconds: 5,
    truth: {
      says: 'pg_up 1; the version and only the snapshots of the new server',
      holds: (seen, { victim: { name } }) =>
        seen.up(name) === 1 &&
        seen.samples('pg_static').some(({ labels }) => labels.server === name && labels.short_version?.startsWith('16')) &&
        !seen.samples('pg_static').some(({ labels }) => labels.server === name && labels.short_version?.startsWith('18')) &&
        seen.polledAt(name).every(({ at }) => at > movedAt)
    }
  },
  {
    name: 'PgBouncer loses its server',
    group: 'network',
    server: 'pooled',
    inject: async ({ victim: { pooler }, undo }) => {
      if (pooler === undefined) throw new Error('no PgBouncer')
      undo(pooler.behind.reset)
      await pooler.behind.refuse()
    },
    truth: down('network', 'timeout', 'other', 'shutdown')
  },
  {
    name: 'PgBouncer waits for a silent server',
    group: 'network',
    server: 'pooled',
    inject: async ({ victim: { pooler }, undo }) => {
      if (pooler === undefined) throw new Error('no PgBouncer')
      undo(pooler.behind.reset)
      pooler.behind.become(swallow)
      pooler.behind.silence()
    },
    truth: down('network', 'timeout', 'other')
  },
  {
    name: 'the network of one database only: its login never ends',
    group: 'network',
    inject: behave((client, upstream) => {
      client.once('data', (first: Buffer) => {
        const start = (packet: Buffer) => {
          // The startup packet contains the name of the database. A request for TLS precedes it and is refused.
          if (packet.includes('\0labeler\0')) return
          client.pause()
          forward(client, () => {
            const server = upstream()
            server.write(packet)
            return server
          })
        }
        if (first.length > 8) return start(first)
        client.write('N')
        client.once('data', start)
      })
    }),
    truth: databaseDown('labeler', 'timeout', 'network')
  }
]

/** The time of the last move to another server. */
let movedAt = 0

async function moveTo({ victim: { proxy }, world, undo }: Context): Promise<void> {
  const other = await world.otherServer()
  undo(proxy.reset)
  proxy.redirect(other.port)
  proxy.cut()
  movedAt = Date.now()
}

async function trickle(client: Parameters<Behaviour>[0], upstream: Parameters<Behaviour>[1]): Promise<void> {
  const server = upstream()
  client.pipe(server)
  client.on('close', () => server.destroy())
  for await (const chunk of server.on('error', () => {})) {
    for (const byte of chunk as Buffer) {
      await sleep(1000)
      if (!client.writable) return
      client.write(Buffer.of(byte))
    }
  }
}
