import { test } from 'tap'
import { ConfigError, readConfig } from '../src/config/config.ts'
import { isPostgresUrl, parseDatabaseUrl } from '../src/config/database-url.ts'
import { driverParameters, libpqWords } from '../src/config/libpq-words.ts'
import { diagnose } from '../src/doctor/doctor.ts'
import { createApp } from '../src/http/app.ts'
import { makeExporter } from './exporter/run-exporter.ts'
import { runProcess } from './exporter/run-process.ts'
import { makeServed } from './http/make-served.ts'
import { sharedServer } from './servers/shared-server.ts'

/** A secret is found by its beginning and by its end, because a part of it may become a name. */
const [head, tail] = ['zq9head', 'xk7tail']
const leak = /zq9head|xk7tail/i

/** The secrets: each has a character that has a meaning in URLs, unencoded and percent-encoded. */
const secrets = [
  '',
  '@',
  '/',
  '?',
  '#',
  ':',
  '%',
  '&',
  '=',
  '+',
  ',',
  '[',
  ']',
  ' ',
  '\\',
  "'",
  '@/',
  '/@',
  '?@',
  '%zz',
  '%40',
  '\n'
].flatMap((middle) => {
  const secret = `${head}${middle}${tail}`
  return [...new Set([secret, encodeURIComponent(secret)])]
})

/** Parameters whose value is a name: it is a label, and appears in the log. */
const names = ['host', 'user', 'dbname']

const parameters = libpqWords.flatMap(({ parameter }) => (parameter === undefined || names.includes(parameter) ? [] : [parameter]))

/** URLs with a secret `S` in every position that is not a name. */
const templates = [
  'postgresql://u:S@127.0.0.1:1/d',
  'postgresql+psycopg://u:S@127.0.0.1:1/d?schema=public',
  'postgresql://u:S@127.0.0.1',
  'postgresql://u:p@127.0.0.1:S/d',
  'postgresql://u:p@127.0.0.1:1S/d',
  'postgresql://u:p@[::1]S/d',
  'postgresql://u:p@[S]:1/d',
  'postgresql://u:p@127.0.0.1:1/d#S',
  'postgresql://u:p@127.0.0.1:1/d?sslmode=disable#S',
  'postgresql://u:p@127.0.0.1:1/d?S',
  'postgresql://u:p@127.0.0.1:1/d?S=1',
  'postgresql://u:p@127.0.0.1:1/d?sslmode=disable&S=1',
  'postgresql:/u:S@127.0.0.1/d',
  'postgresql:u:S@127.0.0.1/d',
  'u:S@127.0.0.1/d',
  'host=127.0.0.1 user=u password=S',
  'jdbc:postgresql://127.0.0.1/d?user=u&password=S',
  'S://127.0.0.1/d',
  'S',
  ...[...parameters, ...driverParameters.slice(0, 5), 'ssl', 'sslaccept', 'sslmod'].flatMap((name) => [
    `postgresql://u:p@127.0.0.1:1/d?${name}=S`,
    `postgresql://u:p@127.0.0.1:1/d?${name}=/S`,
    `postgresql://u:p@127.0.0.1:1/d?${name}=1&${name}S=1`
  ])
]

/** The URL cut after every character from the end of the secret. Before an unencoded @ the rest of a secret is the host, as in every URL. */
function truncated(secret: string): readonly string[] {
  if (/@/.test(secret)) return []
  const url = `postgresql://u:${secret}@127.0.0.1:1/d?sslmode=disable`
  const from = url.indexOf(head) + head.length
  return Array.from({ length: url.length - from }, (_, index) => url.slice(0, from + index))
}

/** After the host and before an unencoded @, a secret makes everything before it a password, and its rest a host. */
function fill(template: string, secret: string): readonly string[] {
  return secret.includes('@') && /[:1\][]S/.test(template.split('@')[1] ?? '') ? [] : [template.replaceAll('S', () => secret)]
}

/** The errors and notes of a configuration. */
function messagesOf(environment: NodeJS.ProcessEnv): readonly string[] {
  try {
    return readConfig({ HOME: '/nowhere', ...environment }).notes
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.errors.map(({ message }: Error) => message)
  }
}

/** The connection parameters of a URL, except its password, or the error. */
function outcome(url: string): { readonly error?: string; readonly names?: string } {
  try {
    const { password, ...connection } = parseDatabaseUrl(url, { environment: { HOME: '/nowhere' } })
    return { names: JSON.stringify([typeof password === 'string' ? '' : password, connection]) }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

test('no error and no name contains a secret at any position of a URL', async (t) => {
  const urls = secrets.flatMap((secret) => [...templates.flatMap((template) => fill(template, secret)), ...truncated(secret)])
  const outcomes = urls.map((url) => ({ url, ...outcome(url) }))
  t.same(
    outcomes.filter(({ error, names }) => leak.test(error ?? '') || leak.test(names ?? '')),
    []
  )
  const rejected = outcomes.filter(({ error }) => error !== undefined)
  t.ok(rejected.length > 1000 && rejected.length < urls.length - 200, `${rejected.length} of ${urls.length} are rejected`)
  const variables = Object.fromEntries(urls.filter((url) => !isPostgresUrl(url)).map((url, index) => [`N${index}_DATABASE_URL`, url]))
  const messages = [...messagesOf(variables), ...messagesOf({ DATABASE_URL: 'postgresql://u@h/d', OTHER_DATABASE_URL: `${head}://x` })]
  t.ok(messages.length > 100)
  t.notMatch(messages.join('\n'), leak)
})

test('no error and no name contains the value of a variable of libpq', async (t) => {
  for (const { variable } of libpqWords) {
    if (variable === undefined || ['PGHOST', 'PGUSER', 'PGDATABASE'].includes(variable)) continue
    t.notMatch(messagesOf({ DATABASE_URL: 'postgresql://u@h/d', [variable]: `/${head}/${tail}` }).join('\n'), leak, variable)
  }
})

test('no page, log, report or status contains a secret', async (t) => {
  const server = await sharedServer()
  await server.sql('postgres', ...[0, 1, 2].map((index) => `create database secrets${process.pid}_${index}`))
  const name = (index: number) => `secrets${process.pid}_${index}`
  const place = `127.0.0.1:${server.port}`
  const wrong = encodeURIComponent(`${head}@/?${tail}`)
  const environment = {
    A_DATABASE_URL: `postgresql://postgres:${wrong}@${place}/${name(0)}`,
    B_DATABASE_URL: `postgresql+psycopg://postgres:secret@${place}/${name(1)}?schema=${wrong}&application_name=${wrong}&options=-csearch_path=${head}`,
    C_DATABASE_URL: `postgresql:///${name(2)}?host=127.0.0.1&port=${server.port}&user=nobody_here&password=${wrong}&krbsrvname=${tail}`,
    D_DATABASE_URL: `postgresql://postgres:${wrong}@127.0.0.1:1/down`,
    E_DATABASE_URL: `postgresql://postgres@${place}/missing`,
    PGPASSFILE: `/${head}/${tail}`,
    PGAPPNAME: head,
    HOME: `/${tail}`
  }
  const { exporter, page, logged } = makeExporter(environment, { queries: ['connections', 'stat_user_tables'] })
  t.teardown(() => exporter.stop())
  await exporter.pollOnce()
  const app = createApp(makeServed(exporter))
  const pages = await Promise.all(['/', '/metrics', '/api/status', '/sd', '/readyz'].map(async (url) => (await app.inject(url)).body))
  const config = readConfig(environment)
  const { text, servers } = await diagnose(config.servers, config.queries)
  for (const [what, output] of Object.entries({
    page: await page(),
    log: JSON.stringify(logged),
    pages: pages.join('\n'),
    text,
    json: JSON.stringify(servers)
  })) {
    t.ok(output.length > 100, what)
    t.notMatch(output, leak, what)
  }
  t.match(JSON.stringify(logged), /password authentication failed/, 'the logins failed')
})

test('no command prints a secret when it ends with an error', async (t) => {
  const environment = {
    DATABASE_URL: `postgresql://pgvitals:${head}/${tail}@127.0.0.1:5432/platform`,
    A_DATABASE_URL: `postgresql://pgvitals:p@h/d?sslmode=${head}`,
    B_DATABASE_URL: `postgresql://pgvitals:p@${head}/${tail}@127.0.0.1:5432/platform`
  }
  const outputs = await Promise.all(
    ['serve', 'once', 'doctor'].map(async (command) => {
      const { ended, output } = runProcess(environment, command)
      t.equal(await ended, 1, command)
      return output()
    })
  )
  t.notMatch(outputs.join('\n'), leak)
})
