import { test } from 'tap'
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts'
import { startReload } from '../../src/config/reload.ts'

const first = readConfig({ DATABASE_URL: 'postgresql://u:p@h/d' })

/** Reads once more, by this function, and answers all that came of it. */
function reloadOnce(read: () => Config, apply: (config: Config) => void = () => {}): readonly string[] {
  const happened: string[] = []
  const say = (level: string) => (message: string) => void happened.push(`${level}: ${message}`)
  const reload = startReload({
    config: first,
    read,
    apply: (config) => {
      happened.push('applied')
      apply(config)
    },
    retryCredentials: (files) => void happened.push(`retried ${files ?? 'all'}`),
    configured: (isAccepted) => void happened.push(isAccepted ? 'accepted' : 'refused'),
    log: { info: say('info'), warn: say('warn'), error: say('error') }
  })
  reload.now()
  reload.stop()
  return happened
}

test('what the process cannot change is said, the rest is applied', async (t) => {
  t.same(
    reloadOnce(() => ({ ...first, port: 1, logLevel: 'debug', notes: ['a note'] })),
    [
      'warn: PGVITALS_PORT is 1 now; that takes a restart, until then it is 9187',
      'warn: PGVITALS_LOG_LEVEL is debug now; that takes a restart, until then it is info',
      'warn: a note',
      'applied',
      'info: the configuration was read again and is the same',
      'accepted',
      'retried all'
    ]
  )
  t.match(
    reloadOnce(() => readConfig({ A_DATABASE_URL: 'postgresql://u:p@h/a', B_DATABASE_URL: 'postgresql://u:p@h/b' })),
    ['applied', 'info: the configuration was read again: h:5432 (a, b)', 'accepted', 'retried all']
  )
})

test('every mistake is told, and nothing is applied', async (t) => {
  const fail = (error: Error) => () => {
    throw error
  }
  t.same(reloadOnce(fail(new ConfigError(['one', 'two'], []))), [
    'error: the configuration is refused: one',
    'error: the configuration is refused: two',
    'error: the configuration of before goes on',
    'refused',
    'retried all'
  ])
  t.same(reloadOnce(fail(new Error('ours'))).slice(0, 2), [
    'error: the configuration is refused: ours',
    'error: the configuration of before goes on'
  ])
})
