import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { settingsSchema } from '../src/config/settings-schema.ts'

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')

test("the README's table of settings agrees with the schema", async (t) => {
  const rows = [...readme.matchAll(/^\| `(PGVITALS_\w+)` \|(.*?)\| (.*) \|$/gm)].map(([, name, value, about]) => [
    name,
    value?.trim(),
    about
  ])
  const schema = Object.entries<{ default?: unknown; description?: string }>(settingsSchema.properties ?? {})
  t.same(
    rows,
    schema.map(([name, { default: value, description }]) => [name, value === '' ? '' : `\`${value}\``, description])
  )
})

test('every file and folder that the README links to exists', async (t) => {
  for (const [, path = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) t.ok(existsSync(join(import.meta.dirname, '..', path)), path)
})
