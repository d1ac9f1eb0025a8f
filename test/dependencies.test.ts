import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly devOptional?: boolean; readonly hasInstallScript?: boolean }>
  >
}

test('docs/dependencies.md explains every production package, and no other', async (t) => {
  const { dependencies, optionalDependencies }: Manifest = JSON.parse(read('package.json'))
  const explained = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| \S.* \| \S.* \|$/gm)].map(([, name]) => name)
  t.same([...explained].sort(), Object.keys({ ...dependencies, ...optionalDependencies }).sort())
})

test('no production package runs an install script', async (t) => {
  const { packages }: Lock = JSON.parse(read('package-lock.json'))
  const production = Object.entries(packages).filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
  t.ok(production.length > 5)
  t.same(
    production.flatMap(([path, { hasInstallScript }]) => (hasInstallScript ? [path] : [])),
    []
  )
})
