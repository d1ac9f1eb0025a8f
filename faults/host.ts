import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { down, eitherState, type Fault, says, unaffected, upAnd } from './fault.ts'
import { repeat } from './hold-session.ts'
import { movingName, setHost } from './hosts-file.ts'
import { startOwn } from './own-process.ts'
import { startTcpProxy } from './tcp-proxy.ts'

export const hostFaults: readonly Fault[] = [
  {
    name: 'the disk of PostgreSQL is full',
    group: 'host',
    server: 'small disk',
    inject: async (context) => {
      const { disk = '', postgres } = context.victim
      const filler = join(disk, 'filler')
      context.undo(async () => {
        rmSync(filler, { force: true })
        // Without space for WAL, the server may have ended.
        const isRunning = await postgres.sql('postgres', 'select').then(
          () => true,
          () => false
        )
        if (!isRunning) {
          await postgres.stop().catch(() => {})
          await postgres.start()
        }
        await postgres.sql('labeler', 'drop table if exists growth').catch(() => {})
      })
      await postgres.sql('labeler', 'create table growth (text text)')
      fill(filler)
      repeat(context, 1000, () => postgres.sql('labeler', "insert into growth select repeat('x', 1000) from generate_series(1, 1000)"))
    },
    holdSeconds: 32,
    truth: says('pg_disk_free_bytes below 5 MB, pg_up 1 or 0', (seen, { victim: { name } }) =>
      seen.samples('pg_disk_free_bytes').some(({ labels, value }) => labels.server === name && value < 5e6)
    )
  },
  {
    name: 'the address of a DNS name changes',
    group: 'host',
    server: 'named',
    inject: async ({ victim: { proxy, postgres }, undo }) => {
      const moved = await startTcpProxy(postgres.port, '127.0.0.2', proxy.port)
      undo(async () => {
        await moved.close()
        setHost(movingName, '127.0.0.1')
        await proxy.accept()
      })
      setHost(movingName, '127.0.0.2')
      await proxy.refuse()
    },
    holdSeconds: 20,
    truth: upAnd('connected to the new address', (seen, { victim: { name, proxy } }) => {
      const polled = seen.polledAt(name)
      return seen.databasesDown(name).length === 0 && polled.some(({ at }) => at > proxy.refusedAt()) && seen.failing(name).length === 0
    })
  },
  {
    name: 'a DNS name no longer exists',
    group: 'host',
    server: 'named',
    inject: async ({ victim: { proxy }, undo }) => {
      undo(() => setHost(movingName, '127.0.0.1'))
      setHost(movingName)
      proxy.cut()
    },
    truth: down('network', 'timeout')
  },
  {
    name: 'no file descriptor is left',
    group: 'host',
    isAlone: true,
    inject: async ({ world, victim: { proxy }, undo }) => {
      const pid = String(world.pgvitals().child.pid)
      const previous = execFileSync('prlimit', ['--pid', pid, '--nofile', '--noheadings', '--output', 'SOFT'], { encoding: 'utf8' }).trim()
      undo(() => execFileSync('prlimit', ['--pid', pid, `--nofile=${previous}:`]))
      // The connections of the scrapes remain; new ones and new sessions fail.
      execFileSync('prlimit', ['--pid', pid, `--nofile=${readdirSync(`/proc/${pid}/fd`).length}:`])
      proxy.cut()
    },
    holdSeconds: 25,
    truth: eitherState
  },
  {
    name: 'the clock jumps forward by a day, then back by two',
    group: 'host',
    inject: async (context) => {
      const file = join(context.world.folder, 'clock')
      writeFileSync(file, '0')
      const shifted = new URL('shifted-clock.mjs', import.meta.url).href
      const own = await startOwn(context, { environment: { NODE_OPTIONS: `--import=${shifted}`, FAULTS_CLOCK: file } })
      for (const days of [1, -1]) {
        const offset = days * 86_400_000
        writeFileSync(file, String(offset))
        own.running.child.kill('SIGWINCH')
        // One interval later, every frequent query was polled again.
        await sleep(18_000)
        const { status, text, at } = await own.get('/metrics')
        const times = [...text.matchAll(/^pgvitals_snapshot_timestamp_seconds\{.*query="stat_database"\} (\S+)$/gm)]
        const ages = times.map(([, time]) => (at + offset) / 1000 - Number(time))
        if (status !== 200 || !text.includes('pg_up{server="healthy"} 1')) throw new Error(`status ${status}`)
        if (ages.length === 0 || !ages.every((age) => age > -1 && age < 20)) throw new Error(`ages ${ages.join(', ')} s`)
      }
    },
    truth: says('pg_up 1; polls every 15 s, timestamps of the new time', () => true)
  },
  {
    name: 'a heap of 64 MB',
    group: 'host',
    inject: async (context) => {
      const own = await startOwn(context, { environment: { NODE_OPTIONS: '--max-old-space-size=64' } })
      await sleep(20_000)
      const { status, text } = await own.get('/metrics')
      if (status !== 200 || !text.includes('pg_up{server="healthy"} 1')) throw new Error(`status ${status}`)
    },
    truth: says('pg_up 1 on the page of that process', () => true)
  },
  {
    name: 'other processes use all cores',
    group: 'host',
    isAlone: true,
    inject: async ({ undo }) => {
      for (let busy = 0; busy < 4; busy++) {
        const child = spawn(process.execPath, ['-e', 'while (true) {}'], { stdio: 'ignore' })
        const kill = () => child.kill('SIGKILL')
        process.once('exit', kill)
        undo(kill)
      }
    },
    holdSeconds: 20,
    truth: unaffected
  }
]

/** Writes a file until the file system is full. */
function fill(path: string): void {
  for (const bytes of [1_000_000, 4096]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes, 'x'), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}
