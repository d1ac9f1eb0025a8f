#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { endByError, endBySignals, endProcess, prepareEnd } from './commands/end-process.ts'

const usage = `pgvitals: a Prometheus exporter for PostgreSQL servers that host many databases of many teams.

  pgvitals [serve]    polls the configured databases and serves /metrics
  pgvitals once       polls everything once and prints the metrics; exits with 1 if a database or a query failed
  pgvitals doctor     connects to every database and reports findings and their fixes; exits with 1 if there is an error; --json
  pgvitals queries    checks the query files and lists them; with --poll, polls everything once and prints the number of series of each query

Configured by DATABASE_URL, *_DATABASE_URL, PGVITALS_* and pgvitals.yaml; see the README.
`

const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

// Node.js 20 has no `navigator`. Without it, pg loads the fetch API to find out whether it runs in a Cloudflare Worker: 5 MB.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: `Node.js/${process.versions.node}` } })

/** The modules of a command are loaded when it runs. */
const commands: Readonly<Record<string, (options: { readonly json: boolean; readonly poll: boolean }) => Promise<void>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve(version),
  once: async () => (await import('./commands/once.ts')).once(version),
  doctor: async (options) => (await import('./commands/doctor.ts')).doctor(options),
  queries: async ({ poll }) => (await import('./commands/queries.ts')).queries(version, poll)
}

prepareEnd()
try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
      json: { type: 'boolean' },
      poll: { type: 'boolean' }
    }
  })
  const name = positionals[0] ?? 'serve'
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (values.help) process.stdout.write(usage)
  else if (values.version) process.stdout.write(`${version}\n`)
  else if (command === undefined || positionals.length > 1) throw new Error(`unknown command "${positionals.join(' ')}"\n\n${usage}`)
  else if (values.json && name !== 'doctor') throw new Error('--json is an option of doctor only')
  else if (values.poll && name !== 'queries') throw new Error('--poll is an option of queries only')
  else {
    if (name !== 'serve') endBySignals()
    await command({ json: values.json === true, poll: values.poll === true })
  }
} catch (error) {
  if (isExpected(error)) {
    const errors: readonly Error[] = error instanceof AggregateError && error.errors.length > 0 ? error.errors : [error]
    for (const { message } of errors) process.stderr.write(`pgvitals: ${message}\n`)
    await endProcess(1)
  } else endByError(error)
}

/** Whether an error has a cause outside the program: the command line, the configuration or the operating system. */
function isExpected(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  const { code } = error as NodeJS.ErrnoException
  return error instanceof AggregateError || error.constructor === Error || /^(E[A-Z]+$|ERR_PARSE_ARGS)/.test(code ?? '')
}
