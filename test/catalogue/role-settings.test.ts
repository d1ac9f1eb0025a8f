import { test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { type PlannedQuery, planQueries } from '../../src/plan/plan-queries.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readFacts } from '../../src/server/facts.ts'
import { openSession, type Session } from '../../src/server/session.ts'
import { makeCandidate } from '../plan/make-candidate.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'

type Setting = readonly [name: string, value: string]

/** Values for settings that are neither switches nor enumerations. test/settings.test.ts covers the timeouts. */
const others: readonly Setting[] = [
  ['max_stack_depth', '100'],
  ['temp_file_limit', '0'],
  ['temp_buffers', '100'],
  ['work_mem', '64'],
  ['hash_mem_multiplier', '1'],
  ['extra_float_digits', '-15'],
  ['cursor_tuple_fraction', '0'],
  ['from_collapse_limit', '1'],
  ['join_collapse_limit', '1'],
  ['geqo_threshold', '2'],
  ['gin_fuzzy_search_limit', '1'],
  ['client_connection_check_interval', '1'],
  ['recursive_worktable_factor', '1000000'],
  ['DateStyle', 'German, DMY'],
  ['TimeZone', 'Asia/Kathmandu'],
  ['timezone_abbreviations', 'India'],
  ['search_path', 'public'],
  ['client_encoding', 'LATIN1'],
  ['default_text_search_config', 'pg_catalog.german'],
  ['restrict_nonsystem_relation_kind', 'view, foreign-table'],
  ['createrole_self_grant', 'set, inherit'],
  ['role', 'pg_database_owner']
]

/** The fields of every row of a query by labels and column. Rows with equal labels are left out. */
type Fields = ReadonlyMap<string, string | null>

const options = { timeoutSeconds: 10, maxRows: 10_000 }

test('no setting of our role changes or prevents a result', async (t) => {
  const server = await startServer()
  t.teardown(() => server.remove())
  await createTeamDatabases(server)
  await server.sql('platform', 'create extension pg_buffercache', 'create view item_view as select * from item', 'vacuum analyze')
  await server.sql(
    'platform',
    "create role planted login password 'secret' in role pg_monitor",
    'grant connect on database platform to planted'
  )
  const open = (role: string) => openSession(parseDatabaseUrl(server.url('platform', role)))
  const quiet = await open('pgvitals')
  t.teardown(() => quiet.close())
  const { role: _, tracking: __, ...facts } = await readFacts(quiet)
  const candidate = makeCandidate('platform', { ...facts, role: 'pgvitals', tracking: new Map() })
  const plan = planQueries(loadQueries(), [candidate]).filter(({ skipped }) => skipped === undefined)

  /** The fields that a session with these settings of its role returns differently from a session without. */
  const differences = async (settings: readonly Setting[]): Promise<readonly string[]> => {
    for (const [name, value] of settings) await server.sql('postgres', `alter role planted set ${name} = '${value}'`)
    let session: Session | undefined
    try {
      session = await open('planted')
      const { role: _, tracking: __, ...found } = await readFacts(session)
      t.same(found, facts, 'the facts are the same')
      const different: string[] = []
      for (const planned of plan) {
        const before = await readFields(quiet, planned)
        const planted = await readFields(session, planned)
        const after = await readFields(quiet, planned)
        for (const [key, field] of before) {
          const isStable = after.get(key) === field
          // The value of the server is hidden by that of the role: it is absent, and not part of the hash.
          const isAbsent = (planted.get(key) ?? null) === null
          const isHidden = key.startsWith('setting  hash') || (isAbsent && settings.some(([name]) => isHiddenBy(key, name)))
          if (isStable && !isHidden && planted.get(key) !== field) different.push(`${key}: ${field} became ${planted.get(key)}`)
        }
      }
      return different
    } finally {
      await session?.close()
      await server.sql('postgres', 'alter role planted reset all')
    }
  }

  const rows = await server.sql(
    'platform',
    "select name, setting, enumvals::text[] as values from pg_settings where context in ('user', 'superuser') and vartype in ('bool', 'enum') order by name"
  )
  // Without track_activities, our own session is not visible; test/privileges.test.ts covers it. With timing on, the times
  // that our session measures are part of the counters of the server.
  const candidates = rows.flatMap(({ name, setting, values }) => {
    if (['track_activities', 'track_io_timing', 'track_wal_io_timing'].includes(String(name))) return []
    const possible = (values as string[] | null) ?? ['on', 'off']
    return possible.filter((value) => value !== setting).map((value) => [String(name), value] as const)
  })
  const settable: Setting[] = []
  for (const one of [...candidates, ...others]) {
    // Settings of a single transaction cannot belong to a role.
    const isSettable = await server.sql('postgres', `alter role planted set ${one[0]} = '${one[1]}'`).then(
      () => true,
      () => false
    )
    if (isSettable) settable.push(one)
  }
  await server.sql('postgres', 'alter role planted reset all')
  t.ok(settable.length > 130, `${settable.length} values`)

  // Each group has one value of each setting. The settings of a group are tried separately only if the group has a difference.
  const groups: Setting[][] = []
  for (const one of settable) {
    const group = groups.find((members) => members.every(([name]) => name !== one[0]))
    if (group === undefined) groups.push([one])
    else group.push(one)
  }
  // The first groups have the first values of all booleans and enums; the others only further values of enums.
  for (const group of groups.slice(0, 2)) {
    const found = await differences(group).catch((error: Error) => [error.message])
    t.same(found, [], `all of: ${group.map(([name, value]) => `${name} = ${value}`).join(', ')}`)
    if (found.length === 0) continue
    for (const one of group) {
      const alone = await differences([one]).catch((error: Error) => [error.message])
      t.same(alone, [], `${one[0]} = ${one[1]}`)
    }
  }
})

/** Whether a value of our role hides this field: the parameter itself, that of our transaction, and the I/O times. */
function isHiddenBy(key: string, setting: string): boolean {
  const name = setting.toLowerCase().replaceAll('.', '_')
  const names = [name, name.replace('default_transaction_', 'transaction_')]
  if (name === 'track_io_timing' && /^stat_database .* blk_/.test(key)) return true
  return ['settings', 'setting_dangerous'].some((query) => names.some((one) => key.startsWith(`${query} ${one}`)))
}

async function readFields(session: Session, { query, sql = '' }: PlannedQuery): Promise<Fields> {
  const fields = new Map<string, string | null>()
  const parameters = query.statements?.kind === 'texts' || query.parts !== undefined ? [null] : []
  const { columns, rows } = await session.run(sql, { ...options, parameters }).catch((error: Error) => {
    throw new Error(`${query.name}: ${error.message}`)
  })
  const labels = new Set(query.columns.filter(({ kind }) => kind === 'label' || kind === 'suffix').map(({ name }) => name))
  const seen = new Set<string>()
  for (const row of rows) {
    const key = columns.flatMap((column, index) => (labels.has(column) ? [row[index]] : [])).join(' ')
    // Each session sees the other one.
    const place = `${query.name} ${key}`.replaceAll(/\b(pgvitals|planted)\b/g, 'role')
    for (const [index, column] of columns.entries()) {
      if (seen.has(key)) fields.delete(`${place} ${column}`)
      else if (!labels.has(column)) fields.set(`${place} ${column}`, row[index] ?? null)
    }
    seen.add(key)
  }
  return fields
}
