import { type FamilyText, render, renderHeader } from '../metric/exposition.ts'
import type { Family, Sample } from '../metric/sample.ts'
import { expiresAt, isFresh, type Snapshot } from '../poll/snapshots.ts'
import { runAtOnce, type Work } from '../run-in-slices.ts'
import { collectorSamples } from './collectors.ts'
import { exportedQueries, healthSamples, QueryLines, type ServerHealth } from './health.ts'
import { textsAbout } from './selected-texts.ts'
import type { IsSelected } from './selection.ts'

/** Everything that the page or a part of it depends on. */
export interface PageState {
  /** The snapshots of the selected servers, fresh or not. */
  readonly snapshots: readonly Snapshot[]
  /** The health of the selected servers. */
  readonly servers: readonly ServerHealth[]
  /** The exporter's own metrics. Samples without the label `server` belong to every selection. */
  readonly own: readonly Sample[]
  readonly isSelected: IsSelected
  /** The databases of the selection by server; absent for a server with all of its databases. */
  readonly databases?: ReadonlyMap<string, ReadonlySet<string>>
  /** The time of the state, in milliseconds of the clock. */
  readonly now: number
  /** The Unix time at time 0 of the clock, in milliseconds. */
  readonly unixOffsetMs: number
}

/** The text of the page, in parts, and the time until which it contains no expired snapshot. */
export interface RenderedPage {
  readonly parts: readonly Buffer[]
  readonly freshUntil: number
}

/** The number of snapshots or samples that are rendered in one step. */
const stepSize = 500

/** Renders the state of servers, databases and queries, the snapshots, and the exporter's own metrics, in this order. */
export function renderPage(state: PageState, lines = new QueryLines()): RenderedPage {
  return runAtOnce(renderPageInSteps(state, lines))
}

/** Does the same in steps. */
export function* renderPageInSteps(
  { snapshots, servers, own, isSelected, databases, now, unixOffsetMs }: PageState,
  lines: QueryLines
): Work<RenderedPage> {
  const joined = yield* joinSnapshotsInSteps(snapshots, now, isSelected, databases)
  const selected = exportedQueries(
    snapshots.filter(({ server, datname }) => isSelected(server, [datname])),
    servers,
    now
  )
  yield
  const isOwn = ({ labels: { server, datname = '' } }: Sample) => server === undefined || isSelected(server, [datname])
  const health: FamilyText[] = []
  for (const part of chunksOf(servers, ({ states }) => 1 + states.length)) {
    health.push(...render(healthSamples(part, joined.datnames, (server, datname) => isSelected(server, [datname]))).texts)
    yield
  }
  health.push(...render(collectorSamples(selected, servers)).texts)
  yield
  for (const part of chunksOf(selected)) {
    health.push(...lines.texts(part, unixOffsetMs))
    yield
  }
  const ofExporter: FamilyText[] = []
  for (const part of chunksOf(own.filter(isOwn))) {
    ofExporter.push(...render(part).texts)
    yield
  }
  return {
    parts: [...(yield* joinFamiliesInSteps(health)), ...joined.parts, ...(yield* joinFamiliesInSteps(ofExporter))],
    freshUntil: joined.freshUntil
  }
}

/** Divides a list into parts of one step each. */
function* chunksOf<Item>(all: readonly Item[], sizeOf: (item: Item) => number = () => 1): Generator<readonly Item[]> {
  let [start, size] = [0, 0]
  for (const [index, item] of all.entries()) {
    size += sizeOf(item)
    if (size < stepSize) continue
    yield all.slice(start, index + 1)
    ;[start, size] = [index + 1, 0]
  }
  if (start < all.length) yield all.slice(start)
}

/** The joined fresh snapshots. Valid until a poll ends or one of them expires. */
export interface JoinedSnapshots {
  readonly parts: readonly Buffer[]
  readonly freshUntil: number
  /** The databases of all series, by server. */
  readonly datnames: ReadonlyMap<string, ReadonlySet<string>>
}

/** Joins the selected parts of the fresh snapshots, family by family. */
export function joinSnapshots(snapshots: readonly Snapshot[], now: number, isSelected: IsSelected = () => true): JoinedSnapshots {
  return runAtOnce(joinSnapshotsInSteps(snapshots, now, isSelected))
}

function* joinSnapshotsInSteps(
  snapshots: readonly Snapshot[],
  now: number,
  isSelected: IsSelected,
  databases?: PageState['databases']
): Work<JoinedSnapshots> {
  const fresh = snapshots.filter((snapshot) => isFresh(snapshot, now))
  const isChosen = chooseContributors(fresh, snapshots)
  yield
  const datnames = new Map<string, Set<string>>()
  const selected: FamilyText[] = []
  for (const [index, snapshot] of fresh.entries()) {
    if (index % stepSize === 0) yield
    const { server, texts } = snapshot
    const names = datnames.get(server) ?? new Set()
    datnames.set(server, names)
    const owned = databases?.get(server)
    for (const text of owned === undefined ? texts : textsAbout(texts, owned)) {
      if (!isSelected(server, text.ranIn ?? [text.datname]) || !isChosen(snapshot, text)) continue
      selected.push(text)
      if (text.datname !== '') names.add(text.datname)
    }
  }
  const freshUntil = fresh.reduce((first, snapshot) => Math.min(first, expiresAt(snapshot)), Number.POSITIVE_INFINITY)
  return { parts: yield* joinFamiliesInSteps(selected), freshUntil, datnames }
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
  const keyOf = (snapshot: Snapshot, { datname, user = '' }: FamilyText) => `${queryOf(snapshot)}\0${datname}\0${user}`
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

/** The texts of each family after its HELP and TYPE lines, sorted by family name. */
export function joinFamilies(texts: readonly FamilyText[]): readonly Buffer[] {
  return runAtOnce(joinFamiliesInSteps(texts))
}

function* joinFamiliesInSteps(texts: readonly FamilyText[]): Work<readonly Buffer[]> {
  const byName = new Map<string, Buffer[]>()
  for (const [index, { family, text }] of texts.entries()) {
    if (index % (10 * stepSize) === 0) yield
    if (text.length === 0) continue
    const parts = byName.get(family.name)
    if (parts === undefined) byName.set(family.name, [headerOf(family), text])
    else parts.push(text)
  }
  return [...byName.keys()].sort().flatMap((name) => byName.get(name) ?? [])
}

/** Rendered headers by family name. Families of query results are new objects after each poll. */
const headers = new Map<string, { readonly family: Family; readonly header: Buffer }>()
const mostHeaders = 10_000

function headerOf(family: Family): Buffer {
  const known = headers.get(family.name)
  if (known?.family.help === family.help && known.family.type === family.type) return known.header
  if (headers.size >= mostHeaders) headers.clear()
  const header = Buffer.from(renderHeader(family))
  headers.set(family.name, { family, header })
  return header
}
