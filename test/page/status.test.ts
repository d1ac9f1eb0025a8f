import { test } from 'tap'
import { type PolledServer, readStatus } from '../../src/page/status.ts'
import { unpolled } from '../../src/poll/polled-database.ts'
import { Snapshots } from '../../src/poll/snapshots.ts'
import { parseQuery } from '../../src/query/parse.ts'
import { makeFacts } from '../plan/make-candidate.ts'
import { makeDatabase } from '../poll/make-server.ts'

const write = (name: string, scope: string) => parseQuery(`${name}.sql`, `-- Q.\n--\n-- scope: ${scope}\n-- gauge a: A.\nselect 1 as a`)

const facts = makeFacts([18, 4], {
  role: 'pgvitals',
  capabilities: new Set(['pg_read_all_settings', 'pg_read_all_stats', 'pg_ls_archive_statusdir', 'pg_monitor']),
  tracking: new Map([['track_counts', { isOn: false, source: 'default', offIn: 'everywhere' }]])
})

test('the status reports databases with their blind spots, and queries with their last polls', async (t) => {
  const snapshots = new Snapshots('s')
  const polled = { intervalSeconds: 15, seconds: 0.25, rows: 1, texts: [], failure: undefined }
  snapshots.put({ ...polled, datname: '', query: 'ok', succeededAt: 1000 })
  snapshots.fail('d', 'failed', 15, 2, { errorClass: 'timeout', message: 'canceling statement' })
  const planned = (query: ReturnType<typeof write>, skipped?: string) => ({
    query,
    database: 'd',
    datname: query.scope === 'database' ? 'd' : '',
    contributors: [],
    sql: query.sql,
    skipped
  })
  const server: PolledServer = {
    server: { name: 's', detail: 'standard', databases: [makeDatabase('d', { detail: 'full' })] },
    states: [
      { ...unpolled('d'), isUp: true, facts },
      { ...unpolled('down'), failure: { errorClass: 'network', message: 'refused' } },
      unpolled('never')
    ],
    plan: {
      all: [
        planned(write('ok', 'server')),
        planned(write('failed', 'database')),
        planned(write('waiting', 'server')),
        planned(write('skipped', 'server'), 'needs role standby')
      ]
    },
    snapshots
  }
  const { version, servers } = readStatus('1.2.3', [server], 4000)
  t.equal(version, '1.2.3')
  t.match(servers, [{ name: 's', detail: 'standard' }])
  t.same(servers[0]?.databases, [
    {
      name: 'd',
      isUp: true,
      about: 'PostgreSQL 18.4, primary, as pgvitals',
      detail: 'full',
      blindSpots: [
        'the WAL directory: pg_monitor is granted, but lacks EXECUTE on pg_ls_waldir on this server; grant execute on function pg_catalog.pg_ls_waldir() to pgvitals',
        'track_counts is disabled: no statistics of databases and tables are collected, and autovacuum does not run'
      ]
    },
    { name: 'down', isUp: false, about: 'refused', detail: 'standard', blindSpots: [] },
    { name: 'never', isUp: false, about: 'not polled yet', detail: 'standard', blindSpots: [] }
  ])
  t.match(servers[0]?.queries, [
    { name: 'ok', database: '(server, by d)', state: 'ok', about: '', ageSeconds: 3, seconds: 0.25 },
    { name: 'failed', database: 'd', state: 'failed', about: 'canceling statement', ageSeconds: undefined, seconds: 2 },
    { name: 'waiting', state: 'not polled yet', about: '', seconds: undefined },
    { name: 'skipped', state: 'skipped', about: 'needs role standby' }
  ])
})

test('the status of a team contains its databases, and no message of a server-wide query from another database', async (t) => {
  const snapshots = new Snapshots('s')
  const fails = (datname: string, query: string) =>
    snapshots.fail(datname, query, 15, 2, { errorClass: 'privilege', message: `permission denied in ${datname || 'foreign'}` })
  for (const [datname, query] of [
    ['', 'wide'],
    ['', 'own_wide'],
    ['own', 'tables'],
    ['foreign', 'tables']
  ] as const)
    fails(datname, query)
  const planned = (name: string, database: string, datname: string) => ({
    query: write(name, datname === '' ? 'server' : 'database'),
    database,
    datname,
    contributors: [],
    sql: '',
    skipped: undefined
  })
  const server = (name: string, teams: Readonly<Record<string, string>>): PolledServer => ({
    server: { name, detail: 'standard', databases: Object.entries(teams).map(([database, team]) => makeDatabase(database, { team })) },
    states: [...Object.keys(teams), 'foreign-discovered'].map((database) => ({
      ...unpolled(database),
      failure: { errorClass: 'network', message: `cannot connect to ${database}` }
    })),
    plan: {
      all: [
        planned('wide', 'foreign', ''),
        planned('own_wide', 'own', ''),
        planned('tables', 'own', 'own'),
        planned('tables', 'foreign', 'foreign')
      ]
    },
    snapshots
  })
  const servers = [
    server('s', { own: 'labeler', foreign: 'foreign-team' }),
    server('foreign-server', { foreign: 'foreign-team' }),
    server('foreign-too', { foreign: '' })
  ]
  const status = readStatus('1', servers, 0, new Set(['labeler', '']))
  t.match(status.servers, [
    {
      name: 's',
      databases: [{ name: 'own', about: 'cannot connect to own' }],
      queries: [
        { name: 'wide', database: '(server)', state: 'failed', about: '' },
        { name: 'own_wide', database: '(server, by own)', about: 'permission denied in foreign' },
        { name: 'tables', database: 'own', about: 'permission denied in own' }
      ]
    }
  ])
  t.same([status.servers.length, status.servers[0]?.databases.length, status.servers[0]?.queries.length], [1, 1, 3])
  t.equal(readStatus('1', servers, 0).servers.length, 3)
})
