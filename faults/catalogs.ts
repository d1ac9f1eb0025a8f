import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parsePage } from '../test/page/parse-page.ts'
import { type Context, type Fault, says, unaffected, upAnd } from './fault.ts'
import { holdSession, repeat } from './hold-session.ts'
import { startOwn } from './own-process.ts'

/** Creates the database `labeler` again, empty. */
async function recreate({ victim: { postgres } }: Context, options = ''): Promise<void> {
  await postgres.sql(
    'postgres',
    'drop database if exists labeler with (force)',
    `create database labeler owner labeler_owner strategy file_copy ${options}`,
    'revoke connect on database labeler from public',
    'grant connect on database labeler to pgvitals'
  )
}

/** Names that break programs: control characters, quotes, markup, properties of JavaScript, PromQL, long and empty-looking ones. */
const hostileNames = [
  'tab\there',
  'tab here',
  'line\nbreak',
  'return\rhere',
  'bell\u0007',
  'quote"quote',
  "apostrophe'",
  'back\\slash',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '{le="+Inf"} 1',
  '# HELP x',
  ' ',
  'x'.repeat(63),
  '\u202eright-to-left',
  'é\u0301'
]

export const catalogFaults: readonly Fault[] = [
  {
    name: '5,000 tables with indexes and sequences appear in one database',
    group: 'catalogs',
    isAlone: true,
    inject: async (context) => {
      const { postgres } = context.victim
      context.undo(() => recreate(context))
      const create = (from: number) =>
        `do $$ begin for i in ${from}..${from + 499} loop execute 'create table many_' || i || ' (id bigserial primary key)'; end loop; end $$`
      await postgres.sql('labeler', ...Array.from({ length: 10 }, (_, batch) => create(batch * 500 + 1)))
    },
    holdSeconds: 32,
    truth: unaffected
  },
  {
    name: '20,000 different statements in one database',
    group: 'catalogs',
    isAlone: true,
    inject: async (context) => {
      const client = await holdSession(context, 'labeler')
      await client.query("set pg_stat_statements.track = 'all'")
      // Each bit of the number is an operator, so that each statement has an identifier of its own.
      await client.query(`do $$ begin for i in 1..20000 loop
        execute 'select 1' || (select string_agg(case when (i >> b) & 1 = 1 then '+1' else '-1' end, '' order by b) from generate_series(0, 14) as b);
      end loop; end $$`)
    },
    holdSeconds: 32,
    truth: unaffected
  },
  {
    name: '1,000 application names per second',
    group: 'catalogs',
    inject: async (context) => {
      const client = await holdSession(context, 'labeler')
      let number = 0
      repeat(context, 100, async () => {
        for (let name = 0; name < 100; name++) await client.query(`set application_name = 'app ${number++}'`)
      })
    },
    holdSeconds: 20,
    truth: unaffected
  },
  {
    name: 'hostile names of schemas, tables, columns and applications',
    group: 'catalogs',
    inject: async (context) => {
      const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
      context.undo(() => recreate(context))
      await context.victim.postgres.sql(
        'labeler',
        ...hostileNames.flatMap((name) => [
          `create schema ${quote(name)}`,
          `create table ${quote(name)}.${quote(name)} (${quote(name)} int primary key)`,
          `insert into ${quote(name)}.${quote(name)} values (1)`
        ])
      )
      const client = await holdSession(context, 'labeler')
      await client.query(`set application_name = '<script>alert(1)</script>'`)
    },
    holdSeconds: 20,
    truth: upAnd('every line is valid, every series is unique, none is dropped as a duplicate', (seen, { victim: { name } }) => {
      const tables = seen.samples('pg_stat_user_tables_n_tup_ins').filter(({ labels }) => labels.server === name)
      const series = seen.scrape.text
        .split('\n')
        .flatMap((line) => (line.startsWith('#') || line === '' ? [] : line.slice(0, line.lastIndexOf(' '))))
      // Throws at an invalid line.
      parsePage(seen.scrape.text)
      const dropped = seen
        .samples('pgvitals_samples_dropped_total')
        .filter(({ labels, value }) => labels.server === name && labels.reason === 'duplicate' && value > 0)
      return dropped.length === 0 && tables.length > hostileNames.length && new Set(series).size === series.length
    })
  },
  {
    name: 'a database in SQL_ASCII with names that are invalid UTF-8',
    group: 'catalogs',
    inject: async (context) => {
      context.undo(() => recreate(context))
      await recreate(context, "template template0 encoding 'SQL_ASCII' locale 'C'")
      await context.victim.postgres.sql(
        'labeler',
        `do $$ begin execute 'create table "' || E'\\xff\\xfe' || '" (id int primary key)'; execute 'insert into "' || E'\\xff\\xfe' || '" values (1)'; end $$`
      )
    },
    holdSeconds: 20,
    truth: upAnd('the page is valid UTF-8, the database is up', (seen, { victim: { name } }) => {
      const tables = seen
        .samples('pg_stat_user_tables_n_tup_ins')
        .filter(({ labels }) => labels.server === name && labels.datname === 'labeler')
      return seen.databasesDown(name).length === 0 && tables.length > 0
    })
  },
  {
    name: 'a query of the user returns 200 labels of 1 MB',
    group: 'catalogs',
    inject: async (context) => {
      const folder = join(context.world.folder, 'long-labels')
      mkdirSync(folder)
      const header =
        '-- Long labels.\n--\n-- scope:    server\n-- interval: 15s\n--\n-- label n\n-- label text\n-- gauge value: A number.\n'
      writeFileSync(
        join(folder, 'long.sql'),
        `${header}\nselect g as n, repeat('x', 1000000) as text, g as value from generate_series(1, 200) as g;\n`
      )
      const own = await startOwn(context, { environment: { PGVITALS_QUERIES_DIR: folder } })
      let last = await own.get('/metrics')
      for (let second = 0; second < 30 && !last.text.includes('query="long"'); second++) {
        await sleep(1000)
        last = await own.get('/metrics')
      }
      const { status, text } = last
      if (status !== 200 || text.length > 20_000_000) throw new Error(`status ${status}, a page of ${Math.round(text.length / 1e6)} MB`)
    },
    truth: says('a page of less than 20 MB', () => true)
  },
  {
    name: 'tables are created and dropped continuously',
    group: 'catalogs',
    inject: async (context) => {
      const client = await holdSession(context, 'labeler')
      let number = 0
      context.undo(() => client.query('drop table if exists churn'))
      repeat(context, 20, () => client.query(number++ % 2 === 0 ? 'create table churn (id int primary key)' : 'drop table if exists churn'))
    },
    holdSeconds: 32,
    truth: unaffected
  }
]
