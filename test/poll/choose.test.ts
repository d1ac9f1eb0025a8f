import { test } from 'tap'
import { type Candidate, chooseQueries } from '../../src/poll/choose.ts'
import { describeChoices } from '../../src/poll/describe.ts'
import { parseQuery } from '../../src/query/parse.ts'
import type { Facts } from '../../src/server/facts.ts'

const file = (name: string, scope: string, ...requires: string[]) =>
  parseQuery(name, `-- Q.\n--\n-- scope: ${scope}\n${requires.map((one) => `-- requires: ${one}\n`).join('')}-- gauge a: A.\nselect 1 as a`)

const facts = (version: readonly number[], more: Partial<Facts> = {}): Facts => ({
  role: 'r',
  version,
  isStandby: false,
  extensions: new Map(),
  capabilities: new Set(),
  ...more
})

const database = (name: string, known: Facts | undefined, isUp = known !== undefined): Candidate => ({
  name,
  isUp,
  facts: known,
  declaresAccess: false
})

/** `name@database`, or `name!reason`. */
function chosen(queries: Parameters<typeof chooseQueries>[0], databases: readonly Candidate[]): readonly string[] {
  return chooseQueries(queries, databases).map(({ query, database: place, skipped }) => {
    const name = [query.name, ...(query.variant ?? [])].join('.')
    return skipped === undefined ? `${name}@${place}` : `${name}@${place}!${skipped}`
  })
}

test('the newest variant whose requirements hold is chosen, for a version not known yet the newest', async (t) => {
  const queries = [file('b.13.sql', 'server'), file('b.17.sql', 'server')]
  t.same(chosen(queries, [database('d', facts([16, 4]))]), ['b.13@d'])
  t.same(chosen(queries, [database('d', facts([17, 0]))]), ['b.17@d'])
  t.same(chosen(queries, [database('d', facts([99, 1]))]), ['b.17@d'])
  t.same(chosen(queries, [database('d', facts([12, 9]))]), ['b.13@d!needs server >= 13, is 12.9'])
})

test('a bound from above counts whole majors', async (t) => {
  const queries = [file('b.sql', 'server', 'server < 17')]
  t.same(chosen(queries, [database('d', facts([16, 4]))]), ['b@d'])
  t.same(chosen(queries, [database('d', facts([17, 0]))]), ['b@d!needs server < 17, is 17.0'])
})

test('what compares with a declaration runs only where there is one', async (t) => {
  const queries = [file('q.sql', 'database', 'declared access')]
  const databases = [database('a', facts([18])), { ...database('b', facts([18])), declaresAccess: true }]
  t.same(chosen(queries, databases), ['q@a!needs declared access', 'q@b'])
})

test("an extension's variant goes by the extension's version, in the database that has it", async (t) => {
  const queries = [file('s.1.8.sql', 'server', 'ext'), file('s.1.11.sql', 'server', 'ext')]
  const withExtension = (...version: number[]) => facts([18], { extensions: new Map([['ext', { version, schema: 'x' }]]) })
  t.same(chosen(queries, [database('a', facts([18])), database('b', withExtension(1, 9))]), ['s.1.8@b'])
  t.same(chosen(queries, [database('b', withExtension(1, 12))]), ['s.1.11@b'])
  t.same(chosen(queries, [database('a', facts([18]))]), ['s.1.8@a!needs ext >= 1.8, not installed here'])
})

test('a server-wide query runs once, where the role can see most, by order between equals', async (t) => {
  const queries = [file('q.sql', 'server')]
  const seeing = facts([18], { capabilities: new Set(['pg_monitor']) })
  t.same(chosen(queries, [database('a', facts([18])), database('b', facts([18]))]), ['q@a'])
  t.same(chosen(queries, [database('a', facts([18])), database('b', seeing)]), ['q@b'])
})

test('when its database goes down a server-wide query moves, and stays chosen when all are down', async (t) => {
  const queries = [file('q.sql', 'server'), file('t.sql', 'database')]
  const seeing = facts([18], { capabilities: new Set(['pg_monitor']) })
  t.same(chosen(queries, [database('a', seeing, false), database('b', facts([18]))]), ['q@b', 't@a', 't@b'])
  t.same(chosen(queries, [database('a', undefined), database('b', undefined)]), ['q@a', 't@a', 't@b'])
})

test('a database that has never answered is not thought to have what the others lack', async (t) => {
  const databases = [database('a', facts([18])), database('b', undefined)]
  t.same(chosen([file('s.sql', 'server', 'ext')], databases), ['s@a!needs ext, not installed here'])
})

test('a query is skipped with a reason on the wrong role and without a capability', async (t) => {
  const queries = [file('s.sql', 'server', 'role standby'), file('c.sql', 'server', 'capability pg_monitor')]
  const choices = chooseQueries(queries, [database('d', facts([18]))])
  t.same(
    choices.map(({ skipped }) => skipped),
    ['needs role standby', 'needs capability pg_monitor']
  )
  t.equal(describeChoices('main', choices), 'server main: 0 queries run; not run: s (needs role standby), c (needs capability pg_monitor)')
})

test('one line says what runs and why the rest does not', async (t) => {
  const choices = chooseQueries([file('q.13.sql', 'server'), file('t.sql', 'database', 'server >= 17')], [database('d', facts([15]))])
  t.equal(describeChoices('main', choices), 'server main: 1 query runs: q.13; not run: t in d (needs server >= 17, is 15)')
})
