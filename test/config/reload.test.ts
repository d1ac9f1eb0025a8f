import { test } from 'tap'
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts'
import { startReload } from '../../src/config/reload.ts'

const first = readConfig({ DATABASE_URL: 'postgresql://u:p@h/d' })

/** Reloads once with this function, and returns the calls and log lines in order. */
function reloadOnce(read: () => Config, apply: (config: Config) => void = () => {}): readonly string[] {
  const events: string[] = []
  const logAt = (level: string) => (message: string) => void events.push(`${level}: ${message}`)
  const reload = startReload({
    config: first,
    read,
    apply: (config) => {
      events.push('applied')
      apply(config)
    },
    finished: ({ isAccepted, changedFiles }) => void events.push(`${isAccepted ? 'accepted' : 'rejected'}, ${changedFiles ?? 'on demand'}`),
    log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') }
  })
  reload.now()
  reload.stop()
  return events
}

test('a setting that needs a restart is logged, the rest is applied', async (t) => {
  t.same(
    reloadOnce(() => ({ ...first, port: 1, logLevel: 'debug', notes: ['a note'] })),
    [
      'warn: PGVITALS_PORT changed to 1; restart to apply it, the current value is 9187',
      'warn: PGVITALS_LOG_LEVEL changed to debug; restart to apply it, the current value is info',
      'warn: a note',
      'applied',
      'info: configuration reloaded; nothing changed',
      'accepted, on demand'
    ]
  )
  t.match(
    reloadOnce(() => readConfig({ A_DATABASE_URL: 'postgresql://u:p@h/a', B_DATABASE_URL: 'postgresql://u:p@h/b' })),
    ['applied', 'info: configuration reloaded: h:5432 (a, b)', 'accepted, on demand']
  )
})

test('an invalid configuration is rejected, and every error is logged', async (t) => {
  const fail = (error: Error) => () => {
    throw error
  }
  t.same(reloadOnce(fail(new ConfigError(['one', 'two'], []))), [
    'error: invalid configuration: one',
    'error: invalid configuration: two',
    'error: keeping the previous configuration',
    'rejected, on demand'
  ])
  t.same(reloadOnce(fail(new Error('a bug'))).slice(0, 2), [
    'error: invalid configuration: a bug',
    'error: keeping the previous configuration'
  ])
})
