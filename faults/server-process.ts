import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { disturbed, down, eitherState, type Fault, unaffected, upAnd } from './fault.ts'
import { holdSession, repeat } from './hold-session.ts'
import { ownRoles, type Victim } from './world.ts'

export const serverProcessFaults: readonly Fault[] = [
  {
    name: 'all processes of PostgreSQL are stopped (SIGSTOP)',
    group: 'process',
    inject: async ({ victim, undo }) => {
      const pids = processesOf(victim)
      undo(() => signal(pids, 'SIGCONT'))
      signal(pids, 'SIGSTOP')
    },
    truth: down('timeout', 'network')
  },
  {
    name: 'immediate shutdown and start',
    group: 'process',
    inject: async ({ victim: { postgres }, undo }) => {
      undo(postgres.start)
      await shutDown(postgres.dataDirectory, 'SIGQUIT')
    },
    truth: down('network', 'shutdown')
  },
  {
    name: 'fast shutdown and start',
    group: 'process',
    inject: async ({ victim: { postgres }, undo }) => {
      undo(postgres.start)
      await shutDown(postgres.dataDirectory, 'SIGINT')
    },
    truth: down('network', 'shutdown')
  },
  {
    name: 'smart shutdown: open sessions remain, new ones are refused',
    group: 'process',
    inject: async ({ victim: { postgres }, undo }) => {
      undo(async () => {
        await shutDown(postgres.dataDirectory, 'SIGQUIT')
        await postgres.start()
      })
      process.kill(postmasterOf(postgres.dataDirectory), 'SIGTERM')
    },
    truth: disturbed
  },
  {
    name: 'a backend of pgvitals is killed (SIGKILL): the server restarts',
    group: 'process',
    inject: async ({ victim: { postgres } }) => {
      const [row] = await postgres.sql('postgres', "select pid from pg_stat_activity where usename = 'pgvitals' limit 1")
      if (row === undefined) throw new Error('no session of pgvitals')
      process.kill(Number(row.pid), 'SIGKILL')
    },
    truth: eitherState
  },
  {
    name: 'the server restarts every five seconds',
    group: 'process',
    inject: async (context) => {
      const { postgres } = context.victim
      repeat(context, 5000, async () => {
        const [row] = await postgres.sql('postgres', "select pid from pg_stat_activity where backend_type = 'background writer'")
        if (row !== undefined) process.kill(Number(row.pid), 'SIGKILL')
      })
    },
    holdSeconds: 32,
    truth: eitherState
  },
  {
    name: 'no free connection',
    group: 'process',
    inject: async (context) => {
      // Until the server refuses ordinary roles: applications take every connection as soon as it is free.
      const { postgres } = context.victim
      await postgres.sql('postgres', "create role crowd login password 'secret'")
      context.undo(() => postgres.sql('postgres', 'drop role crowd'))
      const crowd = new Crowd(postgres.url('postgres', 'crowd'))
      context.undo(crowd.leave)
      await crowd.fill()
      repeat(context, 500, crowd.fill)
    },
    holdSeconds: 32,
    truth: eitherState
  },
  {
    name: 'the sessions of pgvitals are terminated every second',
    group: 'process',
    inject: async (context) => {
      const client = await holdSession(context, 'postgres')
      const roles = ownRoles.map((role) => `'${role}'`).join(', ')
      repeat(context, 1000, () => client.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename in (${roles})`))
    },
    holdSeconds: 32,
    truth: eitherState
  },
  {
    name: 'the statements of pgvitals are cancelled ten times a second',
    group: 'process',
    inject: async (context) => {
      const client = await holdSession(context, 'postgres')
      const roles = ownRoles.map((role) => `'${role}'`).join(', ')
      repeat(context, 100, () =>
        client.query(`select pg_cancel_backend(pid) from pg_stat_activity where usename in (${roles}) and state = 'active'`)
      )
    },
    holdSeconds: 32,
    truth: eitherState
  },
  {
    name: 'a standby is promoted',
    group: 'process',
    server: 'standby',
    inject: async ({ victim: { postgres } }) => await postgres.sql('postgres', 'select pg_promote(true, 20)'),
    truth: upAnd('pg_replication_is_replica 0', (seen, { victim: { name } }) =>
      seen.samples('pg_replication_is_replica').some(({ labels, value }) => labels.server === name && value === 0)
    )
  },
  {
    name: 'the primary of a standby is gone',
    group: 'process',
    server: 'standby',
    inject: async ({ victim: { primary }, undo }) => {
      if (primary === undefined) throw new Error('no primary')
      undo(primary.start)
      await primary.stop()
    },
    holdSeconds: 20,
    truth: unaffected
  },
  {
    name: 'PgBouncer is killed',
    group: 'process',
    server: 'pooled',
    inject: async ({ victim: { pooler }, undo }) => {
      if (pooler === undefined) throw new Error('no PgBouncer')
      undo(pooler.start)
      pooler.kill('SIGKILL')
    },
    truth: down('network')
  },
  {
    name: 'PgBouncer is stopped (SIGSTOP)',
    group: 'process',
    server: 'pooled',
    inject: async ({ victim: { pooler }, undo }) => {
      if (pooler === undefined) throw new Error('no PgBouncer')
      undo(() => pooler.kill('SIGCONT'))
      pooler.kill('SIGSTOP')
    },
    truth: down('timeout', 'network')
  }
]

/** Sessions of applications that take every free connection. */
class Crowd {
  readonly #url: string
  readonly #clients = new Set<Awaited<ReturnType<typeof openClient>>>()
  #hasLeft = false

  constructor(url: string) {
    this.#url = url
  }

  readonly fill = async (): Promise<void> => {
    while (!this.#hasLeft) {
      const client = await openClient(this.#url).catch(() => undefined)
      if (client === undefined) return
      this.#clients.add(client)
    }
  }

  readonly leave = async (): Promise<void> => {
    this.#hasLeft = true
    await Promise.all([...this.#clients].map((client) => client.end().catch(() => {})))
  }
}

async function openClient(url: string) {
  const { default: pg } = await import('pg')
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  return client
}

function postmasterOf(dataDirectory: string): number {
  return Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** Ends a server and waits for its end. */
async function shutDown(dataDirectory: string, name: 'SIGQUIT' | 'SIGINT'): Promise<void> {
  const pid = postmasterOf(dataDirectory)
  process.kill(pid, name)
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 50))
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

/** The process IDs of the postmaster and its children. */
function processesOf({ postgres: { dataDirectory } }: Victim): readonly number[] {
  const postmaster = postmasterOf(dataDirectory)
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === postmaster)
  return [postmaster, ...children]
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
  } catch {
    return undefined
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name)
    } catch {}
  }
}
