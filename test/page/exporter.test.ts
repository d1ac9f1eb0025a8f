import { pino } from 'pino'
import { test } from 'tap'
import { createExporter } from '../../src/exporter.ts'
import { makeDatabase, makeServer } from '../poll/make-server.ts'
import { freePort } from '../servers/start-server.ts'

/** An exporter of two servers that do not respond, each with one database of each team. */
async function makeExporter() {
  const port = await freePort()
  const server = (name: string, teams: Readonly<Record<string, string>>) =>
    makeServer([], {
      name,
      databases: Object.entries(teams).map(([database, team]) => {
        const made = makeDatabase(database, { team })
        return { ...made, connection: { ...made.connection, host: '127.0.0.1', port } }
      })
    })
  const both = [server('one', { a: 'red', b: 'blue' }), server('two', { c: 'red', d: 'blue' })]
  const exporter = createExporter({ version: '0', servers: both, queries: [], log: pino({ enabled: false }) })
  const textOf = async (selection = {}) => {
    const page = await exporter.metrics(selection)
    return page && String(page.text)
  }
  return { exporter, both, server, textOf }
}

test('after a poll the page shows its result, and stays the same until the next one', async (t) => {
  const { exporter } = await makeExporter()
  t.teardown(() => exporter.stop())
  const before = await exporter.metrics()
  t.notMatch(String(before?.text), 'pg_up')
  await exporter.pollOnce()
  const after = await exporter.metrics()
  t.match(String(after?.text), 'pg_up{server="one"} 0\n')
  t.match(String(after?.text), 'pgvitals_errors_total{server="two",datname="d",class="network"} ')
  t.match(String(after?.text), /^process_cpu_seconds_total /m)
  t.equal(await exporter.metrics(), after)
  t.equal((await exporter.metrics())?.text, after?.text)
})

test('the metrics of the exporter on a page are those of the time of its state', async (t) => {
  const { exporter, textOf } = await makeExporter()
  t.teardown(() => exporter.stop())
  const waiting = textOf()
  // While the metrics of the process are read.
  exporter.configured(false)
  t.match(await waiting, /^pgvitals_config_reload_success 0$/m)
  t.match(await textOf(), /^pgvitals_config_reload_success 0$/m)
})

test('after an update no page in memory shows a removed server or database', async (t) => {
  const { exporter, server, both, textOf } = await makeExporter()
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  for (const selection of [{}, { server: 'one' }, { server: 'two' }, { team: 'red' }]) await textOf(selection)
  t.match(await textOf(), /server="two"/)
  exporter.update([server('one', { a: 'red' })])
  const whole = await textOf()
  t.match(whole, 'server="one",datname="a"')
  t.notMatch(whole, /server="two"|datname="b"/, 'not even its counters')
  t.equal(await textOf({ server: 'two' }), undefined)
  t.notMatch(await textOf({ team: 'red' }), /server="two"/)
  exporter.update(both)
  t.match(await textOf(), /server="two"/)
})

test('after an update the page in memory of a team shows no database of another team', async (t) => {
  const { exporter, server, textOf } = await makeExporter()
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const red = (await textOf({ team: 'red' })) ?? ''
  t.match(red, /pgvitals_errors_total\{server="one",datname="a"/)
  t.match(red, /datname="c"/)
  t.notMatch(red, /datname="[bd]"/)
  const blue = (await textOf({ team: 'blue' })) ?? ''
  t.notMatch(blue, /datname="[ac]"/)
  exporter.update([server('one', { a: 'blue', b: 'red' }), server('two', { c: 'blue', d: 'blue' })])
  t.notMatch(await textOf({ team: 'red' }), /datname="[acd]"/)
  t.match(await textOf({ team: 'blue' }), /datname="a"/)
  exporter.update([server('one', { a: 'blue', b: 'blue' })])
  t.equal(await textOf({ team: 'red' }), undefined)
})
