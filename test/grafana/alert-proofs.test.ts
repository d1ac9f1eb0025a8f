import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { alerts } from '../../grafana/source/rules/alerts.ts'
import { acceleratedRules, accelerateExpression, secondsOf } from './faults/accelerate.ts'
import { faults } from './faults/faults.ts'

test('docs/alert-proofs.md lists exactly the injected faults; npm run docs:alert-proofs writes it', (t) => {
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
  t.notMatch(page, /\| never \|/, 'every alert fired and resolved')
  t.end()
})

test('the alerts of every fault exist, and its other alerts differ from its own', (t) => {
  const known = new Set(
    Object.values(alerts)
      .flat()
      .map(({ name }) => name)
  )
  for (const { name, alert, also = {} } of faults)
    for (const one of [alert, ...Object.keys(also)]) t.ok(known.has(one), `${name}: ${one} exists`)
  for (const { name, alert, also = {} } of faults) t.notOk(alert in also, name)
  t.end()
})

test('accelerated rules have windows and durations divided by 60', (t) => {
  t.equal(secondsOf('15m'), 900)
  t.throws(() => secondsOf('soon'), /invalid duration "soon"/)
  t.equal(accelerateExpression('rate(a[15m]) > 3 and b offset 1w > 0'), 'rate(a[15s]) > 3 and b offset 10080s > 0')
  t.equal(accelerateExpression('rate(a[1m])'), 'rate(a[12s])', 'a window keeps enough samples')
  const rules = acceleratedRules()
  t.notMatch(rules, /\[\d+[mhdw]\]/)
  t.match(rules, 'max by (job, instance, server, datname, usename) (pg_stat_activity_oldest_idle_in_transaction_seconds) > 5\\n')
  t.end()
})
