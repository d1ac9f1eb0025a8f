import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'

const source = join(import.meta.dirname, '..', 'src')

/** What each room may import: rooms of lower floors, and packages. */
const rooms: Readonly<Record<string, readonly [rooms: readonly string[], packages: readonly string[]]>> = {
  query: [[], ['yaml']],
  server: [['query'], ['pg']],
  metric: [['query'], []],
  self: [[], ['prom-client']],
  poll: [['server', 'metric', 'self', 'query'], ['pino']],
  doctor: [['poll', 'query', 'server'], []],
  http: [['poll', 'query', 'server'], ['fastify']],
  config: [
    ['server', 'query'],
    ['ajv', 'env-schema', 'pino', 'yaml']
  ],
  main: [
    ['config', 'doctor', 'http', 'poll', 'query'],
    ['close-with-grace', 'pino']
  ]
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** `poll/watch.ts` is in the room poll, `main.ts` is a room of its own. */
const roomOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : file.replace('.ts', ''))

/** What a file imports, types included: files as paths below src/, packages by name. */
function importsOf(file: string): readonly string[] {
  const found = readFileSync(join(source, file), 'utf8').matchAll(/^(?:import|export|\}).* from '([^']+)'$|^import '([^']+)'$/gm)
  const names = [...found].map(([, from, bare]) => from ?? bare ?? '').filter((from) => !from.startsWith('node:'))
  return names.map((from) => (from.startsWith('.') ? join(file, '..', from) : from))
}

test('imports go one way, and every package has its rooms', async (t) => {
  for (const file of files) {
    const room = roomOf(file)
    const [lower = [], packages = []] = rooms[room] ?? []
    t.ok(rooms[room], `${file} is in a room that is known`)
    for (const from of importsOf(file)) {
      if (!files.includes(from)) t.ok(packages.includes(from), `${file} may import the package ${from}`)
      else t.ok(roomOf(from) === room || lower.includes(roomOf(from)), `${file} may import ${from}`)
    }
  }
})

test('no import is circular, types included', async (t) => {
  const reach = (file: string, seen: Set<string>): Set<string> => {
    for (const from of importsOf(file).filter((name) => files.includes(name) && !seen.has(name))) reach(from, seen.add(from))
    return seen
  }
  for (const file of files) t.notOk(reach(file, new Set()).has(file), `${file} does not import itself in the end`)
})

test('the environment is read in config alone', async (t) => {
  for (const file of files) {
    if (!file.startsWith('config/')) t.notMatch(readFileSync(join(source, file), 'utf8'), /process\.env\b/, file)
  }
})

test('no file is a drawer, and none is long', async (t) => {
  for (const file of files) {
    t.notMatch(file, /(utils?|helpers?|types|constants|index)\.ts$/)
    t.ok(readFileSync(join(source, file), 'utf8').split('\n').length <= 200, `${file} has at most 200 lines`)
  }
})
