import { randomTo, type Scene } from '../scene.ts'

const login: Scene = {
  database: 'users',
  everyMs: 200,
  play: async ({ session }) => {
    const client = await session('login')
    const { rows } = await client.query('select id, name from accounts where email = $1', [`user${randomTo(10_000)}@example.com`])
    await client.query('insert into logins (account, at) values ($1, now())', [rows[0]?.id])
    await client.query('update accounts set last_seen = now() where id = $1', [rows[0]?.id])
  }
}

const signup: Scene = {
  database: 'users',
  everyMs: 700,
  play: async ({ session }) => {
    const client = await session('signup')
    // Some choose an address that is already taken, which is an error that the application expects.
    const email = randomTo(10) === 1 ? 'user1@example.com' : `${crypto.randomUUID()}@example.com`
    await client.query('insert into accounts (email, name) values ($1, $2)', [email, 'New']).catch(() => {})
  }
}

const blockedSession: Scene = {
  database: 'users',
  isTrouble: true,
  everyMs: 6000,
  play: async ({ session, pause }) => {
    const [sync, cleanup] = await Promise.all([session('profile-sync'), session('account-cleanup')])
    const account = randomTo(10_000)
    const update = 'update accounts set name = initcap(name) where id = $1'
    await sync.query('begin')
    await sync.query(update, [account])
    const blocked = cleanup.query(update, [account])
    await Promise.all([blocked, pause(12_000).then(() => sync.query('commit'))])
  }
}

/** What happens in the database `users`: logins, signups, and a session that waits for another one's row. */
export const usersScenes: readonly Scene[] = [login, signup, blockedSession]
