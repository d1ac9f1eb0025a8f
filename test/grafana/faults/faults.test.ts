import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'tap'
import type { DatabaseName } from '../../../demo/schema.ts'
import { until } from '../../exporter/run-exporter.ts'
import { hasTool } from '../../servers/has-tool.ts'
import { startEnvironment } from './environment.ts'
import { teamOf } from './exporter-file.ts'
import type { Fault } from './fault.ts'
import { faults } from './faults.ts'
import { proofsPage } from './proofs-page.ts'
import { type Firing, recordAlerts } from './record-alerts.ts'
import { isOwn, type Proof, tryFault } from './try-fault.ts'

const calmSeconds = 40

test('no alert fires under a calm load, and every fault fires its alert with the right team, and no other', async (t) => {
  if (!hasTool(t, 'prometheus', 'prometheus')) return
  const environment = await startEnvironment()
  t.teardown(environment.stop)
  // Prometheus needs five seconds after its start to know its targets, which corresponds to five minutes here.
  const scraped = 'count(pg_table_vacuum_due_ratio) > 0 unless on () count(ALERTS{alertname="PgvitalsDown"})'
  await until('Prometheus has scraped a complete page', 60, () => hasSeries(environment.prometheus, scraped))
  const recorder = recordAlerts(environment.prometheus)
  t.teardown(recorder.stop)
  await delay(calmSeconds * 1000)
  t.same(recorder.all.map(describe), [], 'calm')

  const tried = (await Promise.all(lanes().map((lane) => tryInSequence(lane, (fault) => tryFault(environment, recorder, fault))))).flat()
  const proofs = tried.sort((one, other) => faults.indexOf(one.fault) - faults.indexOf(other.fault))
  for (const proof of proofs) {
    await t.test(proof.fault.name, async (t) => {
      const { fault, firings, firedSeconds, endedSeconds } = proof
      t.comment(
        `fired after ${firedSeconds?.toFixed(1)} s, ended after ${endedSeconds?.toFixed(1)} s; all: ${firings.map(describe).join('; ')}`.slice(
          0,
          600
        )
      )
      t.ok(
        firings.some((one) => isOwn(fault, one)),
        `fires ${fault.alert}`
      )
      t.ok(endedSeconds !== undefined, 'resolves when the fault is removed')
      const others = firings.filter(({ alert }) => alert !== fault.alert && fault.also?.[alert] === undefined)
      t.same(others.map(describe), [], 'no other alert fires')
    })
  }
  for (const { alert, labels } of recorder.all) {
    const { datname, scope } = labels
    t.equal(labels.team, scope === 'database' ? teamOf(datname as DatabaseName) : undefined, `the team of ${alert} ${datname ?? ''}`)
  }
  const explained = new Set(proofs.flatMap(({ firings }) => firings))
  t.same(recorder.all.filter((one) => !explained.has(one)).map(describe), [], 'every alert is caused by a fault')
  if (!t.passing()) t.comment(environment.exporterOutput().slice(-4000))
  if (process.env.ALERT_PROOFS === 'write' && t.passing())
    writeFileSync(new URL('../../../docs/alert-proofs.md', import.meta.url), proofsPage(proofs))
})

/** Groups of faults that are injected one after another. The groups, of different databases or servers, run concurrently. */
function lanes(): readonly (readonly Fault[])[] {
  const whole = new Set(faults.filter(({ isOfServer }) => isOfServer).map(({ server }) => server))
  const laneOf = ({ server, datname }: Fault) => (whole.has(server) ? server : `${server} ${datname}`)
  return [...new Set(faults.map(laneOf))].map((lane) => faults.filter((fault) => laneOf(fault) === lane))
}

async function tryInSequence(lane: readonly Fault[], tryOne: (fault: Fault) => Promise<Proof>): Promise<readonly Proof[]> {
  const proofs: Proof[] = []
  for (const fault of lane) proofs.push(await tryOne(fault))
  return proofs
}

async function hasSeries(prometheus: string, query: string): Promise<boolean> {
  const response = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`).catch(() => undefined)
  if (response?.ok !== true) return false
  const { data } = (await response.json()) as { readonly data: { readonly result: readonly unknown[] } }
  return data.result.length > 0
}

function describe({ alert, labels, summary }: Firing): string {
  return `${alert} (${labels.severity}): ${summary}`
}
