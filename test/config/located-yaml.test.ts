import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { Composer } from 'yaml'
import { readConfig } from '../../src/config/config.ts'
import { parseLocatedYaml, parseYamlAhead } from '../../src/config/located-yaml.ts'

test('each file is parsed once, although it is needed again when the files that it references have been read, and at a reload', async (t) => {
  const { compose } = Composer.prototype
  let parsed = 0
  Composer.prototype.compose = function (...values) {
    parsed++
    return compose.apply(this, values)
  }
  t.teardown(() => {
    Composer.prototype.compose = compose
  })
  const folder = t.testdir({ password: 'secret', 'web.yaml': '# once\nhttp_server_config: { http2: true }\n' })
  const file = join(folder, 'pgvitals.yaml')
  const environment = { PGVITALS_CONFIG: file, PGVITALS_WEB_CONFIG: join(folder, 'web.yaml') }
  const write = (database: string) =>
    writeFileSync(file, `servers: { once: { host: h, user: u, password: { file: password }, databases: { ${database}: {} } } }\n`)
  write('a')
  t.equal((await readConfig(environment)).servers[0]?.databases[0]?.name, 'a')
  t.equal(parsed, 2)
  await readConfig(environment)
  t.equal(parsed, 2)
  write('b')
  t.equal((await readConfig(environment)).servers[0]?.databases[0]?.name, 'b')
  t.equal(parsed, 3)
})

test('other events are handled while a long file is parsed', async (t) => {
  let turns = 0
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  const text = Array.from({ length: 100_000 }, (_, index) => `- { name: item ${index}, list: [1, 2] }\n`).join('')
  await parseYamlAhead(text)
  clearImmediate(next)
  t.ok(turns > 5, `${turns} turns`)
  t.equal(parseLocatedYaml(text, (_, message) => t.fail(message))?.lineOf(['99999']), 100_000)
})

test('a file with several documents is an error at the second one', async (t) => {
  const errors: (readonly [number, string])[] = []
  t.equal(
    parseLocatedYaml('a: 1\n---\nb: 2\n', (line, message) => errors.push([line, message])),
    undefined
  )
  t.match(errors, [[2, /multiple documents/]])
})
