import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'

const root = join(import.meta.dirname, '..')

/** Pages and code generated from other files that are read here. */
const generated = /^docs\/(metrics|alerts|dashboards|alert-proofs)\.md$|^(grafana\/source|src\/config)\/generated\//

/** Text that quotes bad language as an example. */
const examples = /<!-- bad examples -->[\s\S]*?<!-- end of bad examples -->/g

/** A line break within a comment: white space, then perhaps the mark of the next comment line. */
const gap = String.raw`(?:\s+(?:(?:\/\/|--|\*|#)\s*)?)`

interface Phrase {
  readonly pattern: RegExp
  readonly replacement: string
}

function readPhrases(): readonly Phrase[] {
  const lines = readFileSync(join(import.meta.dirname, 'language-words.txt'), 'utf8').split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [pattern = '', replacement = ''] = line.split('\t')
      return { pattern: new RegExp(String.raw`\b(?:${pattern.replaceAll(' ', gap)})\b`, 'gi'), replacement }
    })
}

function filesToRead(): readonly string[] {
  const folders = ['src', 'queries', 'docs', 'grafana/source', 'demo', 'deploy', 'bench', 'faults'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))
  )
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docker-compose.yml', 'pgvitals.example.yaml', ...folders].filter(
    (file) => /\.(ts|sql|md|ya?ml|mjs|service)$/.test(file) && !generated.test(file)
  )
}

/** The rejected phrases of a text, as `line: "phrase"` with the replacement. */
function findPhrases(text: string, phrases: readonly Phrase[]): readonly string[] {
  const read = text.replaceAll(examples, (block) => block.replaceAll(/[^\n]/g, ''))
  return phrases.flatMap(({ pattern, replacement }) =>
    [...read.matchAll(pattern)].map((match) => {
      const line = read.slice(0, match.index).split('\n').length
      return `${line}: "${match[0].replaceAll(/\s+/g, ' ')}"${replacement === '' ? '' : ` (instead: ${replacement})`}`
    })
  )
}

test('rejected phrases are found with their line, in sentences and across lines of a comment', async (t) => {
  const phrases = readPhrases()
  const found = (text: string) => findPhrases(text, phrases).map((one) => one.replace(/ \(.*/, ''))
  t.same(found('One.\nIt begins anew.'), ['2: "anew"'])
  t.same(found('-- The session goes\n-- on.'), ['1: "goes -- on"'])
  t.same(found('// which is no\n  // setting'), ['1: "is no // setting"'])
  t.same(found('There is no session, and it is no longer used. A blind spot of the role. It renewed.'), [])
})

test('code, queries, documentation and dashboards use none of the phrases in language-words.txt', async (t) => {
  const phrases = readPhrases()
  const found = filesToRead().flatMap((file) => findPhrases(readFileSync(join(root, file), 'utf8'), phrases).map((one) => `${file}:${one}`))
  for (const one of found) t.fail(one)
  t.equal(found.length, 0, 'no rejected phrase')
})
