import { type FamilyText, render } from '../metric/exposition.ts'
import type { Lookup } from '../metric/lookup.ts'
import { arrayText } from '../metric/packed.ts'
import { type Entry, type Labels, readRows, toSamples } from '../metric/sample.ts'
import { statementText } from '../metric/statement-text.ts'
import type { LookedUp, Query } from '../query/query.ts'
import type { Session } from '../server/session.ts'
import { withSetting } from './with-setting.ts'

/** What a lookup polls with. */
export interface LookupMemory {
  readonly lookup: Lookup
  readonly shownLabels: () => readonly Labels[]
}

/** Asks for what is shown and unknown, when it is time, and renders what is known of what is shown. */
export async function pollLookup(
  query: Query & { readonly lookup: LookedUp },
  sql: string,
  session: Session,
  labels: Labels,
  { lookup, shownLabels }: LookupMemory
): Promise<{ readonly rows: number; readonly texts: readonly FamilyText[]; readonly duplicates: number }> {
  const { label, textLength } = query.lookup
  const textLabel = query.columns.find((column) => column.kind === 'label' && column.name !== label)?.name ?? ''
  const databases = databasesOf(shownLabels(), label)
  const wanted = lookup.wanted(databases.keys(), performance.now())
  let rows = 0
  if (wanted.length > 0) {
    const answer = await session.run(withSetting(sql, 'pgvitals.wanted', arrayText(wanted)), query)
    rows = answer.rows.length
    const { entries } = readRows(query, answer.columns, answer.rows, labels)
    lookup.learn(new Map(entries.map((entry) => [entry.labels[label] ?? '', statementText(entry.labels[textLabel] ?? '', textLength)])))
  }
  lookup.keep(new Set(databases.keys()))
  const texts: FamilyText[] = []
  let duplicates = 0
  for (const [ranIn, ids] of idsByDatabases(databases)) {
    const entries = ids.flatMap((id): readonly Entry[] => {
      const text = lookup.textOf(id)
      return text === undefined ? [] : [{ labels: { ...labels, [label]: id, [textLabel]: text }, suffix: undefined, values: [1] }]
    })
    const rendered = render(toSamples(query, entries))
    duplicates += rendered.duplicates
    texts.push(...rendered.texts.map((text) => ({ ...text, ranIn: ranIn.split('\n') })))
  }
  return { rows, texts, duplicates }
}

/** In which databases each shown value of the label ran. */
function databasesOf(shown: readonly Labels[], label: string): ReadonlyMap<string, ReadonlySet<string>> {
  const databases = new Map<string, Set<string>>()
  for (const labels of shown) {
    const id = labels[label] ?? ''
    databases.set(id, (databases.get(id) ?? new Set()).add(labels.datname ?? ''))
  }
  return databases
}

/** One text for each set of databases, since who may see it depends on nothing else. */
function idsByDatabases(databases: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  for (const [id, names] of databases) {
    const key = [...names].sort().join('\n')
    ids.set(key, [...(ids.get(key) ?? []), id])
  }
  return ids
}
