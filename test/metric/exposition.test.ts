import { Counter, Gauge, Registry } from 'prom-client'
import { test } from 'tap'
import { render, renderHeader, renderNumber } from '../../src/metric/exposition.ts'
import type { Family, Sample } from '../../src/metric/sample.ts'
import { joinFamilies } from '../../src/page/page.ts'
import { decodeText } from '../../src/server/decode-text.ts'

const gauge: Family = { name: 'pg_g', type: 'gauge', help: 'A \\ and a\nnew line.' }
const counter: Family = { name: 'pg_c_total', type: 'counter', help: 'Counted "things".' }

const samples: readonly Sample[] = [
  ...['plain', '', 'quote " backslash \\ newline \n end', 'Größe 表 🐘', '{}=,'].flatMap((name, index) => [
    { family: gauge, labels: { server: 's', datname: name }, value: index - 1.5 },
    { family: counter, labels: { server: 's', datname: name }, value: 10 ** (index * 7) }
  ]),
  { family: gauge, labels: { server: 's', datname: 'inf' }, value: Number.POSITIVE_INFINITY },
  { family: gauge, labels: { server: 's', datname: '-inf' }, value: Number.NEGATIVE_INFINITY },
  { family: gauge, labels: { server: 's', datname: 'nan' }, value: Number.NaN },
  { family: gauge, labels: { server: 's', datname: 'small' }, value: 5e-324 }
]

/** The same samples in the format of prom-client. */
async function byPromClient(): Promise<string> {
  const registry = new Registry()
  const labelNames = ['server', 'datname']
  const theCounter = new Counter({ ...counter, labelNames, registers: [registry] })
  const theGauge = new Gauge({ ...gauge, labelNames, registers: [registry] })
  for (const { family, labels, value } of samples) {
    if (family === gauge) theGauge.set(labels, value)
    else theCounter.inc(labels, value)
  }
  return registry.metrics()
}

test('samples are rendered as prom-client renders them', async (t) => {
  const lines = (text: string) =>
    text
      .replaceAll(' Nan\n', ' NaN\n')
      .split('\n')
      .filter((line) => line !== '')
  t.same(lines(String(Buffer.concat(joinFamilies(render(samples).texts)))), lines(await byPromClient()))
})

test('families are contiguous, in the order of their names, with one HELP and TYPE', async (t) => {
  const rendered = [...render(samples.slice(0, 4)).texts, ...render(samples.slice(4)).texts]
  const names = String(Buffer.concat(joinFamilies(rendered)))
    .split('\n')
    .filter(Boolean)
    .map((line) => /^(?:# (?:HELP|TYPE) )?(\w+)/.exec(line)?.[1])
  const changes = names.filter((name, index) => name !== names[index - 1])
  t.same(changes, ['pg_c_total', 'pg_g'])
  t.equal(String(Buffer.concat(joinFamilies(rendered))).match(/^# HELP/gm)?.length, 2)
})

test('there is one text for each family and database', async (t) => {
  t.same(
    render(samples.slice(0, 4)).texts.map(({ family, datname, samples: count }) => [family.name, datname, count]),
    [
      ['pg_g', 'plain', 1],
      ['pg_g', '', 1],
      ['pg_c_total', 'plain', 1],
      ['pg_c_total', '', 1]
    ]
  )
})

test('of samples with the same name and labels the first stays and the others are counted', async (t) => {
  const labels = { server: 's' }
  const { texts, duplicates } = render([
    { family: gauge, labels, value: 1 },
    { family: gauge, labels: { server: 's' }, value: 2 },
    { family: counter, labels, value: 3 }
  ])
  t.equal(duplicates, 1)
  t.same(
    texts.map(({ text }) => String(text)),
    ['pg_g{server="s"} 1\n', 'pg_c_total{server="s"} 3\n']
  )
})

test('a character that many clients treat as the end of a line is replaced by its code, a tab is not', async (t) => {
  const value = 'tab\there cr\rhere \u007f \u001b[31m \u0085 \u2028'
  const expected = 'tab\there cr\ufffd0dhere \ufffd7f \ufffd1b[31m \ufffdu0085 \ufffdu2028'
  t.equal(render([{ family: gauge, labels: { a: value }, value: 1 }]).texts[0]?.text.toString(), `pg_g{a="${expected}"} 1\n`)
  t.match(renderHeader({ ...gauge, help: 'a\rb' }), '# HELP pg_g a\ufffd0db\n')
})

test('values that differ in one character have different lines', async (t) => {
  const characters = Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code))
  const decoded = Array.from({ length: 256 }, (_, code) => decodeText(`x${String.fromCharCode(code)}`, 'datname', 'UTF8'))
  const values = new Set(['', '\ufffd\ufffd', '\ufffd0d', ...decoded.slice(1), ...characters.slice(1).map((one) => `x${one}`)])
  const { texts, duplicates } = render([...values].map((a) => ({ family: gauge, labels: { a }, value: 1 })))
  t.equal(duplicates, 0)
  const lines = texts
    .map(({ text }) => String(text))
    .join('')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the line ends of Python's splitlines().
    .split(/\r|\n|[\v\f\x1c-\x1e\x85\u2028\u2029]/)
  t.equal(lines.length, values.size + 1)
  t.equal(new Set(lines).size, values.size + 1)
})

test('a header escapes backslash and newline', async (t) => {
  t.equal(renderHeader(gauge), '# HELP pg_g A \\\\ and a\\nnew line.\n# TYPE pg_g gauge\n')
})

test('numbers are written as Prometheus reads them', async (t) => {
  t.same([0, -1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(renderNumber), [
    '0',
    '-1.5',
    '1e+21',
    'NaN',
    '+Inf',
    '-Inf'
  ])
})
