import pg from 'pg'
import { type Test, test } from 'tap'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { type PlannedQuery, planQueries } from '../../src/plan/plan-queries.ts'
import { loadQueries } from '../../src/query/load.ts'
import { readActivities } from '../../src/server/activity.ts'
import { listDatabases } from '../../src/server/discover.ts'
import { originOf } from '../../src/server/error-class.ts'
import { readFacts } from '../../src/server/facts.ts'
import { readLimits } from '../../src/server/limits.ts'
import { noRefusals } from '../../src/server/refusals.ts'
import { openSession, type Session } from '../../src/server/session.ts'
import { makeCandidate } from '../plan/make-candidate.ts'
import { startServer } from '../servers/start-server.ts'
import { createTeamDatabases } from '../servers/team-databases.ts'

interface Setting {
  readonly name: string
  readonly value: string
}

/** The levels at which a setting of our sessions can be planted. */
const levels = ['database platform', 'role planted', 'role planted in database platform'] as const

/** Valid values of string settings, most of which reject arbitrary texts. */
const texts: Readonly<Record<string, readonly string[]>> = {
  DateStyle: ['German, DMY'],
  TimeZone: ['Asia/Kathmandu'],
  client_encoding: ['LATIN1'],
  createrole_self_grant: ['set, inherit'],
  default_tablespace: ['pg_global'],
  default_text_search_config: ['pg_catalog.german'],
  restrict_nonsystem_relation_kind: ['view, foreign-table'],
  role: ['pg_database_owner', 'pg_stat_scan_tables'],
  search_path: ['evil, public, pg_catalog'],
  session_authorization: ['postgres'],
  timezone_abbreviations: ['India']
}

/** Extremes that act together: one is without effect while another has its default or the same extreme. */
const combinations: readonly Readonly<Record<string, string>>[] = [
  { geqo_threshold: '2', geqo_pool_size: '2147483647', geqo_generations: '2147483647', geqo_effort: '10' },
  { geqo_threshold: '2147483647', join_collapse_limit: '2147483647', from_collapse_limit: '2147483647' },
  { jit: 'on', jit_above_cost: '0', jit_inline_above_cost: '0', jit_optimize_above_cost: '0' },
  { default_transaction_isolation: 'serializable', default_transaction_read_only: 'on', default_transaction_deferrable: 'on' },
  { work_mem: '64', hash_mem_multiplier: '1', temp_file_limit: '0', enable_hashagg: 'on' }
]

/** Settings of superusers without which a session or a query with a library fails. */
const fatal = ['dynamic_library_path', 'session_preload_libraries']

/** Values for which the statistics or our own session, as it is seen by queries, are different. */
const observed = ['track_activities', 'track_io_timing', 'track_wal_io_timing']

const options = { timeoutSeconds: 10, maxRows: 10_000 }

/** The fields of every row of a query by labels and column. Rows with equal labels are left out. */
type Fields = ReadonlyMap<string, string | null>

for (const major of [18, 13] as const) {
  test(`no setting of a database or role changes or prevents a result on PostgreSQL ${major}`, async (t) => {
    const server = await startServer({ major, flags: ['autovacuum=off'] })
    t.teardown(() => server.remove())
    await createTeamDatabases(server)
    await server.sql(
      'platform',
      'create extension pg_buffercache',
      'create view item_view as select * from item',
      'vacuum analyze',
      "create role planted login password 'secret' in role pg_monitor",
      'grant connect on database platform to planted'
    )
    const administrator = new pg.Client(server.url('postgres'))
    await administrator.connect()
    t.teardown(() => administrator.end())
    const open = (role: string) => openSession(parseDatabaseUrl(`${server.url('platform', role)}?sslmode=disable`))
    // The settings of a session are those of its start.
    const quiet = await open('pgvitals')
    t.teardown(() => quiet.close())
    const facts = await readFacts(quiet)
    const candidate = makeCandidate('platform', { ...facts, tracking: new Map() })
    const plan = planQueries(loadQueries(), [candidate]).filter(({ skipped }) => skipped === undefined)
    let before = await readAll(quiet, plan)

    /** The differences between the results of a session with these settings and a session without them. */
    const differences = async (level: string, settings: readonly Setting[]): Promise<readonly string[]> => {
      await administrator.query(settings.map((one) => alter(level, one)).join(';'))
      let session: Session | undefined
      try {
        session = await open('planted')
        const different = []
        const [own, expected] = [await readState(session), await readState(quiet)]
        if (own !== expected) different.push(`${expected} became ${own}`)
        const planted = await readAll(session, plan)
        const after = await readAll(quiet, plan)
        for (const [key, field] of before) {
          const isStable = after.get(key) === field
          // The value of the server is hidden by that of the database or role: it is absent, and not part of the hash.
          const isAbsent = (planted.get(key) ?? null) === null
          const isHidden = key.startsWith('setting  hash') || (isAbsent && settings.some(({ name }) => isHiddenBy(key, name)))
          if (isStable && !isHidden && planted.get(key) !== field) different.push(`${key}: ${field} became ${planted.get(key)}`)
        }
        before = after
        return different
      } catch (error) {
        const isClean = originOf(error) !== undefined
        return settings.length === 1 && isClean && fatal.includes(settings[0]?.name ?? '') ? [] : [(error as Error).message]
      } finally {
        await session?.close()
        await administrator.query(`alter ${level} reset all`)
      }
    }

    /** Plants settings together and, if there is a difference, halves of them, until each difference has one cause. */
    const plant = async (level: string, settings: readonly Setting[]): Promise<void> => {
      const found = await differences(level, settings)
      if (found.length === 0) return void t.pass(`${level}: ${settings.length} settings`)
      const half = Math.ceil(settings.length / 2)
      const [{ name, value } = { name: '', value: '' }] = settings
      if (settings.length === 1) return void t.same(found, [], `${level} set ${name} = '${value.slice(0, 80)}'`)
      await plant(level, settings.slice(0, half))
      await plant(level, settings.slice(half))
    }

    const groups = await settableGroups(t, administrator)
    const count = groups.reduce((sum, group) => sum + group.length, 0)
    t.ok(count > (major === 18 ? 320 : 250), `${count} values`)
    for (const [index, group] of groups.entries()) {
      // The first two groups have two values of most settings, and the others the rest of the values of enumerations.
      const known = group.filter(({ name }) => !fatal.includes(name))
      for (const level of index < 2 ? levels : levels.slice(2)) await plant(level, known)
      for (const one of group) if (fatal.includes(one.name)) await plant(levels[2], [one])
    }
    for (const combination of combinations) {
      const settings = Object.entries(combination).map(([name, value]) => ({ name, value }))
      t.same(await differences(levels[2], settings), [], settings.map(({ name, value }) => `${name} = ${value}`).join(', '))
    }
  })
}

/** All values that a superuser can plant, in groups with one value of each setting. */
async function settableGroups(t: Test, administrator: pg.Client): Promise<readonly (readonly Setting[])[]> {
  const { rows } = await administrator.query(`
    select name, setting, vartype, min_val, max_val, enumvals::text[] as values from pg_settings
    where context in ('user', 'superuser', 'backend', 'superuser-backend') order by name`)
  const groups: Setting[][] = []
  const without: string[] = []
  for (const { name, setting, vartype, min_val, max_val, values } of rows) {
    if (observed.includes(name)) continue
    const text = ['', "'; select 1; --", 'absent', 'x'.repeat(5000), ...(texts[name] ?? [])]
    const possible: readonly string[] =
      vartype === 'bool' ? ['on', 'off'] : vartype === 'enum' ? values : vartype === 'string' ? text : [min_val, max_val]
    let index = 0
    for (const value of possible) {
      if (value === setting || !(await isSettable(administrator, { name, value }))) continue
      groups[index] ??= []
      groups[index]?.push({ name, value })
      index++
    }
    if (index === 0) without.push(name)
  }
  await administrator.query('alter role planted reset all')
  // Settings of the start of a session or of a single transaction, and those that have one value in this build.
  t.comment(`not settable: ${without.join(', ')}`)
  t.ok(without.length < 25, `${without.length} settings have no other value`)
  return groups
}

async function isSettable(administrator: pg.Client, setting: Setting): Promise<boolean> {
  return await administrator.query(alter('role planted', setting)).then(
    () => true,
    () => false
  )
}

function alter(level: string, { name, value }: Setting): string {
  return `alter ${level} set ${name} = '${value.replaceAll("'", "''")}'`
}

/** The facts and limits that a poll cycle reads before its queries, without the name of the role. */
async function readState(session: Session): Promise<string> {
  const { role: _, tracking: __, ...facts } = await readFacts(session)
  const { value: limits } = await readLimits(session, noRefusals, 0)
  const { value: activities } = await readActivities(session, facts.version, noRefusals, 0)
  const connection = parseDatabaseUrl('postgresql://pgvitals@127.0.0.1/platform')
  const { value: databases } = await listDatabases(session, { include: [], exclude: [], connection })
  const entries = (_key: string, value: unknown) => (value instanceof Map || value instanceof Set ? [...value].sort() : value)
  return JSON.stringify({ facts, limits, activities, databases }, entries)
}

/** Whether a planted value hides this field: the parameter itself, that of our transaction, and the I/O times. */
function isHiddenBy(key: string, setting: string): boolean {
  const name = setting.toLowerCase().replaceAll('.', '_')
  const names = [name, name.replace('default_transaction_', 'transaction_')]
  // Without track_counts, no rows are counted.
  if (name === 'track_counts' && /^table_vacuum .*_due_ratio$/.test(key)) return true
  return ['settings', 'setting_dangerous'].some((query) => names.some((one) => key.startsWith(`${query} ${one}`)))
}

async function readAll(session: Session, plan: readonly PlannedQuery[]): Promise<Fields> {
  const all = new Map<string, string | null>()
  for (const planned of plan) await readFields(session, planned, all)
  return all
}

async function readFields(session: Session, { query, sql = '' }: PlannedQuery, fields: Map<string, string | null>): Promise<void> {
  const parameters = query.statements?.kind === 'texts' || query.parts !== undefined ? [null] : []
  const { columns, rows } = await session.run(sql, { ...options, parameters }).catch((error: Error) => {
    throw new Error(`${query.name}: ${error.message}`, { cause: error })
  })
  fields.set(`${query.name} columns`, columns.join(' '))
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
}
