import { type FamilyText, render, renderHeader } from '../metric/exposition.ts'
import { expiresAt, isFresh, type Snapshot } from '../poll/snapshots.ts'
import { collectorSamples } from './collectors.ts'
import { healthSamples, queryTexts, type ServerHealth } from './health.ts'
import type { IsSelected } from './selection.ts'

/** The joined fresh snapshots. Valid until a poll ends or one of them expires. */
export interface JoinedSnapshots {
  readonly text: Buffer
  readonly freshUntil: number
  /** The databases of all series, by server. */
  readonly datnames: ReadonlyMap<string, ReadonlySet<string>>
}

/** Joins the selected parts of the fresh snapshots, family by family. */
export function joinSnapshots(snapshots: readonly Snapshot[], now: number, isSelected: IsSelected = () => true): JoinedSnapshots {
  const fresh = snapshots.filter((snapshot) => isFresh(snapshot, now))
  const isChosen = chooseContributors(fresh, snapshots)
  const selected = fresh.flatMap((snapshot) => {
    const { server, texts } = snapshot
    const own = texts.filter((text) => isSelected(server, text.ranIn ?? [text.datname]) && isChosen(snapshot, text))
    return own.map((text) => ({ ...text, server }))
  })
  const datnames = new Map<string, Set<string>>()
  for (const { server, datname } of selected) {
    const names = datnames.get(server) ?? new Set()
    datnames.set(server, names)
    if (datname !== '') names.add(datname)
  }
  return { text: joinFamilies(selected), freshUntil: Math.min(...fresh.map(expiresAt)), datnames }
}

/**
 * Several databases can contribute to one server-wide query. For each database and user, the page contains the rows of one
 * fresh snapshot: preferably of a role that sees the user, otherwise of the database itself.
 */
function chooseContributors(fresh: readonly Snapshot[], all: readonly Snapshot[]): (snapshot: Snapshot, text: FamilyText) => boolean {
  const queryOf = ({ server, query }: Snapshot) => `${server}\n${query}`
  const serverWide = new Set(all.filter(({ datname }) => datname === '').map(queryOf))
  // Before the first poll of the server itself, rows of other databases show that a query is server-wide.
  const isContribution = (one: Snapshot) => serverWide.has(queryOf(one)) || one.texts.some(({ datname }) => datname !== one.datname)
  const merged = new Set(fresh.flatMap((one) => (one.datname !== '' && isContribution(one) ? [queryOf(one)] : [])))
  if (merged.size === 0) return () => true
  const candidates = new Set(fresh.filter((snapshot) => merged.has(queryOf(snapshot))))
  const keyOf = (snapshot: Snapshot, { datname, user = '' }: FamilyText) => `${queryOf(snapshot)}\n${datname}\n${user}`
  const rankOf = ({ datname, roles }: Snapshot, text: FamilyText) =>
    (text.user !== undefined && roles?.has(text.user) ? 2 : 0) + (datname === text.datname ? 1 : 0)
  const chosen = new Map<string, { readonly snapshot: Snapshot; readonly rank: number }>()
  for (const snapshot of candidates) {
    for (const text of snapshot.texts) {
      const [key, rank] = [keyOf(snapshot, text), rankOf(snapshot, text)]
      const best = chosen.get(key)
      if (best === undefined || best.rank < rank) chosen.set(key, { snapshot, rank })
    }
  }
  return (snapshot, text) => !candidates.has(snapshot) || chosen.get(keyOf(snapshot, text))?.snapshot === snapshot
}

/** Renders the page: the current state of servers, databases and queries, followed by the joined snapshots. */
export function renderPage(
  snapshots: readonly Snapshot[],
  servers: readonly ServerHealth[],
  joined: JoinedSnapshots,
  now: number,
  isSelected: IsSelected = () => true
): Buffer {
  const health = healthSamples(servers, joined.datnames).filter(({ labels }) => isSelected(labels.server ?? '', [labels.datname ?? '']))
  const { texts } = render([...health, ...collectorSamples(snapshots)])
  return Buffer.concat([joinFamilies([...texts, ...queryTexts(snapshots, now)]), joined.text])
}

/** Joins the texts of each family after its HELP and TYPE lines, sorted by family name. */
export function joinFamilies(texts: readonly FamilyText[]): Buffer {
  const byName = new Map<string, Buffer[]>()
  for (const { family, text } of texts) {
    if (text.length === 0) continue
    const parts = byName.get(family.name)
    if (parts === undefined) byName.set(family.name, [Buffer.from(renderHeader(family)), text])
    else parts.push(text)
  }
  const names = [...byName.keys()].sort()
  return Buffer.concat(names.flatMap((name) => byName.get(name) ?? []))
}
