// Measures the number of series at each level of detail and writes docs/detail.md: `node --import tsx bench/detail.ts`.

import { readFileSync, writeFileSync } from 'node:fs'
import { type Detail, details } from '../src/query/detail.ts'
import { countSeries, sumOf } from '../test/exporter/count-series.ts'
import { startManyTables } from '../test/servers/many-tables.ts'
import type { TestServer } from '../test/servers/start-server.ts'
import { teamEnvironment } from '../test/servers/team-databases.ts'
import { progress } from './progress.ts'

type Counts = Readonly<Record<Detail, number>>

async function measure(
  server: TestServer,
  isCounted: (name: string) => boolean = () => true,
  environment: NodeJS.ProcessEnv = teamEnvironment(server, 'pgvitals')
): Promise<Counts> {
  const counts: Record<Detail, number> = { minimal: 0, standard: 0, full: 0 }
  for (const detail of details)
    counts[detail] = sumOf(new Map([...(await countSeries(environment, detail))].filter(([name]) => isCounted(name))))
  return counts
}

/** The series of one object, from the difference that `count` of them make. */
function each(before: Counts, after: Counts, count: number, other: Counts = { minimal: 0, standard: 0, full: 0 }): Counts {
  const of = (detail: Detail) => (after[detail] - before[detail]) / count - other[detail]
  return { minimal: of('minimal'), standard: of('standard'), full: of('full') }
}

async function measureWhole(): Promise<Counts> {
  progress('3 databases with 60 tables each and 170 statements')
  const server = await startManyTables({ tables: 60, statements: 170 })
  try {
    return await measure(server)
  } finally {
    await server.remove()
  }
}

/** Adds objects to a small server, below every limit of rows. */
async function measureEach(): Promise<readonly (readonly [string, Counts])[]> {
  const server = await startManyTables({ tables: 5, statements: 3 })
  try {
    const count = 5
    const numbers = Array.from({ length: count }, (_, index) => index)
    const as = 'set role users_owner'
    progress('statements')
    // The statements that created the server fill the places of named statements.
    await server.sql('platform', 'select pg_stat_statements_reset()')
    await server.sql('users', as, 'select id from item where id = 1')
    const first = await measure(server)
    await server.sql(
      'users',
      as,
      ...numbers.map(
        (number) =>
          `select ${Array(number + 2)
            .fill('id')
            .join(', ')} from item where id = 1`
      )
    )
    const withStatements = await measure(server)
    progress('indexes')
    // The statements that create objects are not part of the cost of the objects.
    const isCounted = (name: string) => !name.startsWith('pg_stat_statements_')
    const second = await measure(server, isCounted)
    await server.sql(
      'users',
      'set pg_stat_statements.track = none',
      as,
      ...numbers.map((number) => `create index item_note_${number} on item (note, (${number}))`)
    )
    const third = await measure(server, isCounted)
    progress('tables')
    const create = (name: string) => [
      `create table ${name} (id int primary key, note text)`,
      `insert into ${name} values (1, 'x'), (2, 'y')`,
      `vacuum analyze ${name}`,
      `select * from ${name} where id = 1`
    ]
    await server.sql(
      'users',
      'set pg_stat_statements.track = none',
      as,
      'set enable_seqscan = off',
      ...numbers.flatMap((number) => create(`more_${number}`))
    )
    const fourth = await measure(server, isCounted)
    progress('databases')
    await server.sql('postgres', 'set pg_stat_statements.track = none', 'create database more')
    const environment = { ...teamEnvironment(server, 'pgvitals'), MORE_DATABASE_URL: server.url('more', 'pgvitals') }
    const fifth = await measure(server, isCounted, environment)
    const index = each(second, third, count)
    return [
      ['database', each(fourth, fifth, 1)],
      ['table', each(third, fourth, count, index)],
      ['index', index],
      ['statement', each(first, withStatements, count)]
    ]
  } finally {
    await server.remove()
  }
}

const row = ([name, counts]: readonly [string, Counts]) =>
  `| ${name} | ${details.map((detail) => (Math.round(counts[detail]) || 0).toLocaleString('en')).join(' | ')} |`
const whole = await measureWhole()
const rows = await measureEach()
const path = new URL('../docs/detail.md', import.meta.url)
const table = [
  `| | ${details.join(' | ')} |`,
  '|---|---:|---:|---:|',
  row(['3 databases with 60 tables each, 170 statements', whole]),
  ...rows.map(([name, counts]) => row([`each ${name}`, counts]))
]
writeFileSync(
  path,
  readFileSync(path, 'utf8').replace(/(?<=<!-- measured -->\n)[\s\S]*?(?=<!-- \/measured -->)/, () => `\n${table.join('\n')}\n\n`)
)
