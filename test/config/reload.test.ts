import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { type Config, ConfigError } from '../../src/config/config.ts'
import { startReload } from '../../src/config/reload.ts'
import { readConfig } from './read-config.ts'

const first = readConfig({ DATABASE_URL: 'postgresql://u:p@h/d' })

/** Starts to reload with this function. The calls and log lines are added to `events` in order. */
function start(read: () => Promise<Config>) {
  const events: string[] = []
  const logAt = (level: string) => (one: unknown, two?: string) => void events.push(`${level}: ${two ?? one}`)
  const reload = startReload({
    config: first,
    read,
    apply: () => void events.push('applied'),
    finished: ({ isAccepted, changedFiles }) => void events.push(`${isAccepted ? 'accepted' : 'rejected'}, ${changedFiles ?? 'on demand'}`),
    log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') }
  })
  return { events, reload }
}

/** Reloads once with this function, and returns the calls and log lines in order. */
async function reloadOnce(read: () => Config): Promise<readonly string[]> {
  const { events, reload } = start(async () => read())
  reload.now()
  await turn()
  reload.stop()
  return events
}

test('a setting that needs a restart is logged, the rest is applied', async (t) => {
  t.same(await reloadOnce(() => ({ ...first, port: 1, logLevel: 'debug', notes: ['a note'] })), [
    'warn: PGVITALS_PORT changed to 1; restart to apply it, the current value is 9187',
    'warn: PGVITALS_LOG_LEVEL changed to debug; restart to apply it, the current value is info',
    'warn: a note',
    'applied',
    'info: configuration reloaded; nothing changed',
    'accepted, on demand'
  ])
  t.match(await reloadOnce(() => readConfig({ A_DATABASE_URL: 'postgresql://u:p@h/a', B_DATABASE_URL: 'postgresql://u:p@h/b' })), [
    'applied',
    'info: configuration reloaded: h:5432 (a, b)',
    'accepted, on demand'
  ])
})

test('an invalid configuration is rejected, and every error is logged', async (t) => {
  const fail = (error: Error) => () => {
    throw error
  }
  t.same(await reloadOnce(fail(new ConfigError(['one', 'two'], []))), [
    'error: invalid configuration: one',
    'error: invalid configuration: two',
    'error: keeping the previous configuration',
    'rejected, on demand'
  ])
  t.same(await reloadOnce(fail(new Error('a bug'))), [
    'error: cannot read the configuration: a bug',
    'error: keeping the previous configuration',
    'rejected, on demand'
  ])
})

test('reloads do not overlap, and requests during a reload cause one more', async (t) => {
  const reads: ((config: Config) => void)[] = []
  const { events, reload } = start(() => new Promise((resolve) => reads.push(resolve)))
  for (let count = 0; count < 3; count++) reload.now()
  t.equal(reads.length, 1, 'one reload is in progress')
  reads[0]?.(first)
  await turn()
  t.equal(reads.length, 2, 'the others are one reload')
  reload.now()
  reads[1]?.(first)
  await turn()
  t.equal(reads.length, 3, 'a request during the second reload is not lost')
  reads[2]?.(first)
  await turn()
  t.equal(reads.length, 3)
  t.equal(events.filter((event) => event === 'applied').length, 3)

  reload.now()
  reload.stop()
  reads[3]?.(first)
  await turn()
  t.equal(events.filter((event) => event === 'applied').length, 3, 'nothing is applied after the end')
})
