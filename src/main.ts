#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { type Logger, pino, stdTimeFunctions } from 'pino'
import { type Config, readConfig, readEnvironment, readQueries } from './config/config.ts'
import { startReload } from './config/reload.ts'
import { diagnose } from './doctor/doctor.ts'
import { createApp } from './http/app.ts'
import { readStatus } from './http/status.ts'
import { createExporter } from './poll/exporter.ts'
import { describeQueries } from './query/describe.ts'

const usage = `pgvitals: a Prometheus exporter for PostgreSQL servers that host many databases of many teams.

  pgvitals [serve]    polls the configured databases and serves /metrics
  pgvitals once       polls everything once, prints the metrics, exits 1 if a database or a query failed
  pgvitals doctor     connects everywhere, says what is wrong and what mends it; exits 1 if something is; --json for machines
  pgvitals queries    checks the query files and lists them

Configured by DATABASE_URL, *_DATABASE_URL, PGVITALS_* and pgvitals.yaml; see the README.
`

const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

async function serve(): Promise<void> {
  const config = readConfig(readEnvironment())
  let { tokens, teams } = config
  const log = createLog(config, pino.destination(1))
  const exporter = createExporter({ version, servers: config.servers, queries: config.queries, log })
  const app = createApp({
    ...exporter,
    tokens: () => ({ everything: tokens, teams }),
    status: () => readStatus(version, exporter, performance.now())
  })
  const reload = startReload({
    ...exporter,
    config,
    read: () => readConfig(readEnvironment()),
    apply: (next) => {
      tokens = next.tokens
      teams = next.teams
      exporter.update(next.servers, next.queries)
    },
    log
  })
  process.on('SIGHUP', reload.now)
  closeWithGrace({ delay: 4500, logger: false, skip: ['SIGHUP'] }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'stopping after an unexpected error')
    else log.info(`stopping on ${signal}`)
    reload.stop()
    await Promise.all([app.close(), exporter.stop()])
    if (err) process.exitCode = 1
  })
  const address = await app.listen({ host: config.host, port: config.port })
  log.info(`pgvitals ${version} serves ${address}/metrics`)
  await exporter.start()
}

async function once(): Promise<void> {
  const config = readConfig(readEnvironment())
  const exporter = createExporter({
    version,
    servers: config.servers,
    queries: config.queries,
    log: createLog(config, pino.destination(2))
  })
  await exporter.pollOnce()
  process.stdout.write((await exporter.metrics()) ?? '')
  await exporter.stop()
  const isWhole =
    exporter.watches().every((watch) => watch.states.every((state) => state.isUp)) &&
    exporter.snapshots().every((snapshot) => snapshot.failure === undefined)
  process.exitCode = isWhole ? 0 : 1
}

async function doctor({ json }: { readonly json: boolean }): Promise<void> {
  const config = readConfig(readEnvironment())
  for (const note of config.notes) process.stderr.write(`pgvitals: ${note}\n`)
  const { isHealthy, servers, text } = await diagnose(config.servers, config.queries)
  process.stdout.write(json ? `${JSON.stringify({ isHealthy, servers }, null, 2)}\n` : text)
  process.exitCode = isHealthy ? 0 : 1
}

async function queries(): Promise<void> {
  process.stdout.write(describeQueries(readQueries(readEnvironment())))
}

function createLog(config: Config, destination: ReturnType<typeof pino.destination>): Logger {
  const log = pino(
    { level: config.logLevel, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    destination
  )
  for (const note of config.notes) log.warn(note)
  return log
}

const commands: Readonly<Record<string, (options: { readonly json: boolean }) => Promise<void>>> = { serve, once, doctor, queries }

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' }, json: { type: 'boolean' } }
  })
  const name = positionals[0] ?? 'serve'
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (values.help) process.stdout.write(usage)
  else if (values.version) process.stdout.write(`${version}\n`)
  else if (command === undefined || positionals.length > 1) throw new Error(`there is no command "${positionals.join(' ')}"\n\n${usage}`)
  else if (values.json && name !== 'doctor') throw new Error('--json is an option of doctor alone')
  else await command({ json: values.json === true })
} catch (error) {
  const mistakes: readonly Error[] = error instanceof AggregateError && error.errors.length > 0 ? error.errors : [error]
  for (const mistake of mistakes) process.stderr.write(`pgvitals: ${mistake.message}\n`)
  process.exit(1)
}
