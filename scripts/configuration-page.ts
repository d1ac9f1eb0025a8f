import { readFileSync } from 'node:fs'
import { configurationKeys, webConfigKeys } from './configuration-keys.ts'
import { libpqTable } from './libpq-table.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The text of docs/configuration.md with the current example and tables. */
export function configurationPage(): string {
  return read('docs/configuration.md')
    .replace(/(?<=```yaml\n)[\s\S]*?(?=```)/, () => read('pgvitals.example.yaml'))
    .replace(/(?<=<!-- keys -->\n)[\s\S]*?(?=<!-- \/keys -->)/, () => `\n${configurationKeys()}\n\n`)
    .replace(/(?<=<!-- libpq -->\n)[\s\S]*?(?=<!-- \/libpq -->)/, () => `\n${libpqTable()}\n\n`)
    .replace(/(?<=<!-- web keys -->\n)[\s\S]*?(?=<!-- \/web keys -->)/, () => `\n${webConfigKeys()}\n\n`)
}
