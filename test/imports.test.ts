import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'

const source = join(import.meta.dirname, '..', 'src')

/** What the files of a module may import: other modules, and packages. */
interface Allowed {
  readonly modules: readonly string[]
  readonly packages: readonly string[]
}

/** The modules of prom-client that are imported separately. */
const promClient = [
  'prom-client',
  ...['gauge', 'registry'].map((name) => `prom-client/lib/${name}.js`),
  ...[
    'gc',
    'heapSizeAndUsed',
    'osMemoryHeap',
    'processMaxFileDescriptors',
    'processOpenFileDescriptors',
    'processStartTime',
    'version'
  ].map((name) => `prom-client/lib/metrics/${name}.js`)
]

/** The modules of src: its folders and the files outside them. Every module may import `clock` and `run-in-slices`. */
const modules: Readonly<Record<string, Allowed>> = {
  main: { modules: ['commands'], packages: [] },
  commands: { modules: ['config', 'doctor', 'exporter', 'http', 'page', 'query', 'server'], packages: ['close-with-grace', 'pino'] },
  exporter: { modules: ['page', 'poll', 'query', 'self', 'server'], packages: ['pino'] },
  http: { modules: ['page', 'server'], packages: ['@fastify/rate-limit', 'fastify'] },
  page: { modules: ['metric', 'plan', 'poll', 'query', 'server'], packages: [] },
  poll: { modules: ['metric', 'plan', 'query', 'self', 'server', 'statements'], packages: ['pino'] },
  doctor: { modules: ['plan', 'query', 'server'], packages: [] },
  statements: { modules: ['metric', 'query'], packages: [] },
  plan: { modules: ['query', 'server'], packages: [] },
  metric: { modules: ['query'], packages: [] },
  config: { modules: ['files', 'query', 'server'], packages: ['pino', 'yaml'] },
  server: { modules: ['files', 'query'], packages: ['pg', 'pg-protocol', 'pg-protocol/dist/parser.js'] },
  query: { modules: ['files'], packages: ['yaml'] },
  self: { modules: ['metric', 'query'], packages: promClient },
  files: { modules: [], packages: [] },
  clock: { modules: [], packages: [] },
  'run-in-slices': { modules: [], packages: [] }
}

/** A longer file begins with a comment that explains it. */
const mostLines = 250

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

const read = (file: string) => readFileSync(join(source, file), 'utf8')

/** `poll/schedule.ts` belongs to the module poll, `main.ts` is a module. */
const moduleOf = (file: string) => file.replace(/[/.].*$/, '')

const importForms = [
  /^import (?:[^'"]+ from )?'([^']+)'/gm,
  /^export (?:type )?(?:\*|\{)[^'"}]*\}? from '([^']+)'/gm,
  /\bimport\('([^']+)'\)/g
]

/** What a text imports, types and dynamic imports included. */
function specifiersIn(text: string): readonly string[] {
  return importForms.flatMap((form) => [...text.matchAll(form)].map(([, name = '']) => name))
}

/** What a file imports from outside Node.js: files as paths below src/, packages by name. */
function importsOf(file: string): readonly string[] {
  const names = specifiersIn(read(file)).filter((name) => !name.startsWith('node:'))
  return names.map((name) => (name.startsWith('.') ? join(file, '..', name) : name))
}

test('imports are recognized in each form', async (t) => {
  const text = [
    "import 'a'",
    "import b from 'b'",
    "import type { C } from 'c'",
    "import {\n  d,\n  type D\n} from 'd'",
    "export { e } from 'e'",
    "export * from 'f'",
    "export const x = 'x'",
    "const { g } = await import('g')"
  ].join('\n')
  t.same(specifiersIn(text), ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
})

test('modules import in one direction, and each package is imported by its modules only', async (t) => {
  for (const file of files) {
    const module = moduleOf(file)
    const allowed = modules[module]
    t.ok(allowed, `${file} belongs to a known module`)
    for (const name of importsOf(file)) {
      if (!name.endsWith('.ts')) t.ok(allowed?.packages.includes(name), `${file} may import the package ${name}`)
      else if (moduleOf(name) !== module) {
        t.ok(['clock.ts', 'run-in-slices.ts'].includes(name) || allowed?.modules.includes(moduleOf(name)), `${file} may import ${name}`)
      }
    }
  }
})

test('the allowed directions have no cycle and none of them is unused', async (t) => {
  const reachable = (from: string, seen: Set<string> = new Set()): ReadonlySet<string> => {
    for (const to of modules[from]?.modules ?? []) if (!seen.has(to)) reachable(to, seen.add(to))
    return seen
  }
  for (const [module, { modules: allowed, packages }] of Object.entries(modules)) {
    t.notOk(reachable(module).has(module), `${module} does not depend on itself`)
    const own = files.filter((file) => moduleOf(file) === module).flatMap(importsOf)
    const used = new Set(own.map((name) => (name.endsWith('.ts') ? moduleOf(name) : name)))
    for (const name of [...allowed, ...packages]) t.ok(used.has(name), `${module} imports ${name}`)
  }
})

test('no file depends on itself, types included', async (t) => {
  const reachable = (file: string, seen: Set<string> = new Set()): ReadonlySet<string> => {
    for (const name of importsOf(file)) if (files.includes(name) && !seen.has(name)) reachable(name, seen.add(name))
    return seen
  }
  for (const file of files) t.notOk(reachable(file).has(file), file)
})

test('the environment is read in config only, the time of the process in clock.ts only', async (t) => {
  for (const file of files) {
    if (moduleOf(file) !== 'config') t.notMatch(read(file), /\bprocess\.env\b/, file)
    if (file !== 'clock.ts') t.notMatch(read(file), /\bperformance\b|\bhrtime\b|\bDate\.now\b/, file)
  }
})

test('files are named for what they export', async (t) => {
  for (const file of files) t.notMatch(file, /(^|[/-])(utils?|helpers?|types|constants|index)\.ts$/)
})

test('a long file begins with a comment that explains it', async (t) => {
  for (const file of files) {
    const text = read(file)
    const lines = text.trimEnd().split('\n').length
    t.ok(lines <= mostLines || /^(\/\/|\/\*)/.test(text), `${file} has ${lines} lines`)
  }
})
