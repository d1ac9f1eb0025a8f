import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { alerts } from '../../grafana/source/rules/alerts.ts'
import { faults } from './faults/faults.ts'
import { hastenExpression, hastenedRules, secondsOf } from './faults/hasten.ts'

test('docs/alert-proofs.md names exactly the faults that are tried; npm run docs:alert-proofs writes it', (t) => {
  const page = readFileSync(new URL('../../docs/alert-proofs.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| ([^|]+) \| ([^|]+) \| \[(\w+)\]\(runbooks\/\w+\.md\)/gm)].map(([, name, what, alert]) => [
    name,
    what,
    alert
  ])
  t.same(
    rows,
    faults.map(({ name, what, alert }) => [name, what, alert])
  )
  t.notMatch(page, /\| never \|/, 'and each fired and ended')
  t.end()
})

test('a fault has an alert, and what may fire beside it is another one', (t) => {
  const known = new Set(
    Object.values(alerts)
      .flat()
      .map(({ name }) => name)
  )
  for (const { name, alert, also = {} } of faults)
    for (const one of [alert, ...Object.keys(also)]) t.ok(known.has(one), `${name}: there is ${one}`)
  for (const { name, alert, also = {} } of faults) t.notOk(alert in also, name)
  t.end()
})

test('hastened rules are the real ones in a sixtieth of the time', (t) => {
  t.equal(secondsOf('15m'), 900)
  t.throws(() => secondsOf('soon'), /"soon" is no duration/)
  t.equal(hastenExpression('rate(a[15m]) > 3 and b offset 1w > 0'), 'rate(a[15s]) > 3 and b offset 10080s > 0')
  t.equal(hastenExpression('rate(a[1m])'), 'rate(a[12s])', 'a window keeps samples enough')
  const rules = hastenedRules()
  t.notMatch(rules, /\[\d+[mhdw]\]/)
  t.match(rules, 'max by (job, instance, server, datname, usename) (pg_stat_activity_oldest_idle_in_transaction_seconds) > 5\\n')
  t.end()
})
