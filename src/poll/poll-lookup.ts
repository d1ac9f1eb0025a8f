import { setImmediate } from 'node:timers/promises'
import { type FamilyText, render } from '../metric/exposition.ts'
import type { Found, Lookup, ShownIn } from '../metric/lookup.ts'
import { arrayText } from '../metric/packed.ts'
import { type Entry, type Labels, readRows, toSamples } from '../metric/sample.ts'
import { statementText } from '../metric/statement-text.ts'
import type { LookedUp, Query } from '../query/query.ts'
import type { Session } from '../server/session.ts'
import type { Bounds, Poll } from './rendered.ts'
import { withSetting } from './with-setting.ts'

/** What a lookup polls with. */
export interface LookupMemory {
  readonly lookup: Lookup
  readonly shownLabels: () => readonly Labels[]
}

/** So many texts are read before whatever else waits has its turn. */
const textsAtOnce = 20

/** Asks for what is shown and unknown, when it is time, and renders what is known of what is shown. */
export async function pollLookup(
  query: Query & { readonly lookup: LookedUp },
  sql: string,
  session: Session,
  labels: Labels,
  { lookup, shownLabels }: LookupMemory,
  bounds: Bounds
): Promise<Poll> {
  const { label } = query.lookup
  const textLabel = query.columns.find((column) => column.kind === 'label' && column.name !== label)?.name ?? ''
  const shown = databasesOf(shownLabels(), label)
  const wanted = lookup.wanted(shown, performance.now())
  const dropped = { rows: 0, budget: 0, duplicate: 0, illegal: 0 }
  let rows = 0
  if (wanted.length > 0) {
    const answer = await session.run(withSetting(sql, 'pgvitals.wanted', arrayText(wanted)), query)
    rows = answer.rows.length
    dropped.rows = answer.cutRows
    const { entries, datnameOf } = readRows(query, answer.columns, answer.rows, labels)
    const saysWhere = query.columns.some(({ kind }) => kind === 'within')
    const found: Found[] = []
    for (const [index, entry] of entries.entries()) {
      const datname = saysWhere ? datnameOf(entry.labels) : undefined
      // The text of an excluded database must not stand for that of another one.
      if (datname !== undefined && bounds.isShown?.(datname) === false) continue
      found.push({ id: entry.labels[label] ?? '', text: statementText(entry.labels[textLabel] ?? '', query.lookup.textLength), datname })
      if (index % textsAtOnce === textsAtOnce - 1) await setImmediate()
    }
    lookup.learn(shown, found)
  }
  lookup.keep(shown)
  const texts: FamilyText[] = []
  for (const [ranIn, ids] of idsByDatabases(shown, lookup)) {
    const entries = ids.map((id): Entry => {
      return { labels: { ...labels, [label]: id, [textLabel]: lookup.textOf(id) ?? '' }, suffix: undefined, values: [1] }
    })
    const rendered = render(toSamples(query, entries))
    dropped.duplicate += rendered.duplicates
    texts.push(...rendered.texts.map((text) => ({ ...text, ranIn: JSON.parse(ranIn) as readonly string[] })))
  }
  return { rows, texts, dropped }
}

/** In which databases each shown value of the label ran. */
function databasesOf(shown: readonly Labels[], label: string): ShownIn {
  const databases = new Map<string, Set<string>>()
  for (const labels of shown) {
    const id = labels[label] ?? ''
    databases.set(id, (databases.get(id) ?? new Set()).add(labels.datname ?? ''))
  }
  return databases
}

/** The known values for each set of databases, since who may see a text depends on nothing else. */
function idsByDatabases(shown: ShownIn, lookup: Lookup): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  for (const [id, datnames] of shown) {
    if (lookup.textOf(id) === undefined) continue
    const key = JSON.stringify([...lookup.ranIn(id, datnames)].sort())
    ids.set(key, [...(ids.get(key) ?? []), id])
  }
  return ids
}
