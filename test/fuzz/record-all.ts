import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningServer } from '../servers/start-server.ts'
import { type Conversation, record, withoutPassword } from './conversation.ts'

/** Records conversations with these servers and through PgBouncer. Most cases replay them without the calculations of SCRAM. */
export async function recordAll(servers: readonly RunningServer[], pgbouncerUrl: string | undefined): Promise<readonly Conversation[]> {
  const recorded = []
  for (const { major, url } of servers) recorded.push(await record(`PostgreSQL ${major}`, url('postgres')))
  const pooled = pgbouncerUrl === undefined ? [] : [await record('PgBouncer', pgbouncerUrl)]
  const direct = [...recorded, ...pooled].map(withoutPassword)
  return [...recorded, ...pooled, ...direct, ...direct, ...direct]
}

/** Starts PgBouncer with SCRAM in front of a server. */
export async function startPgBouncer(serverPort: number): Promise<{ readonly url: string; readonly stop: () => void }> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-pgbouncer-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'users.txt'), '"postgres" "secret"\n')
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]\n* = host=127.0.0.1 port=${serverPort}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      `auth_type = scram-sha-256\nauth_file = ${folder}/users.txt\npool_mode = transaction\n`
  )
  // PgBouncer refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
  const pgbouncer = spawn('pgbouncer', [...asUser, join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const stop = () => {
    pgbouncer.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  await new Promise<void>((resolve, reject) => {
    pgbouncer.once('error', reject).once('exit', () => reject(new Error('PgBouncer did not start')))
    pgbouncer.stderr.setEncoding('utf8').on('data', (text: string) => text.includes('process up') && resolve())
  })
  return { url: `postgresql://postgres:secret@127.0.0.1:${port}/postgres`, stop }
}
