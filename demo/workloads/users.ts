import { randomTo, type Workload } from '../workload.ts'

const login: Workload = {
  database: 'users',
  everyMs: 200,
  run: async ({ session }) => {
    const client = await session('login')
    const { rows } = await client.query('select id, name from accounts where email = $1', [`user${randomTo(10_000)}@example.com`])
    await client.query('insert into logins (account, at) values ($1, now())', [rows[0]?.id])
    await client.query('update accounts set last_seen = now() where id = $1', [rows[0]?.id])
  }
}

const signup: Workload = {
  database: 'users',
  everyMs: 700,
  run: async ({ session }) => {
    const client = await session('signup')
    // Some use an address that already exists and violate the unique constraint.
    const email = randomTo(10) === 1 ? 'user1@example.com' : `${crypto.randomUUID()}@example.com`
    await client.query('insert into accounts (email, name) values ($1, $2)', [email, 'New']).catch(() => {})
  }
}

const blockedSession: Workload = {
  database: 'users',
  triggersAlerts: true,
  everyMs: 6000,
  run: async ({ session, pause }) => {
    const [sync, cleanup] = await Promise.all([session('profile-sync'), session('account-cleanup')])
    const account = randomTo(10_000)
    const update = 'update accounts set name = initcap(name) where id = $1'
    await sync.query('begin')
    await sync.query(update, [account])
    const blocked = cleanup.query(update, [account])
    await Promise.all([blocked, pause(12_000).then(() => sync.query('commit'))])
  }
}

/** Workloads of the database `users`: logins, signups and a session blocked by a row lock. */
export const usersWorkloads: readonly Workload[] = [login, signup, blockedSession]
