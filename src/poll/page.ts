import { type FamilyText, render, renderHeader } from '../metric/exposition.ts'
import { healthSamples, queryTexts, type ServerHealth } from './health.ts'
import { isFresh, type Snapshot } from './snapshots.ts'

/** Joins the snapshots that are still fresh with the state of servers, databases and queries: the page, family by family. */
export function renderPage(snapshots: readonly Snapshot[], servers: readonly ServerHealth[], now: number): string {
  const texts = snapshots.filter((snapshot) => isFresh(snapshot, now)).flatMap((snapshot) => snapshot.texts)
  const health = render(healthSamples(servers, datnamesOf(snapshots))).texts
  return joinFamilies([...health, ...queryTexts(snapshots, now), ...texts])
}

/** Puts all text of one family behind its one HELP and TYPE, families in the order of their names. */
export function joinFamilies(texts: readonly FamilyText[]): string {
  const byName = new Map<string, string[]>()
  for (const { family, text } of texts) {
    if (text === '') continue
    const parts = byName.get(family.name)
    if (parts === undefined) byName.set(family.name, [renderHeader(family), text])
    else parts.push(text)
  }
  return [...byName.keys()]
    .sort()
    .flatMap((name) => byName.get(name) ?? [])
    .join('')
}

function datnamesOf(snapshots: readonly Snapshot[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byServer = new Map<string, Set<string>>()
  for (const { server, texts } of snapshots) {
    const names = byServer.get(server) ?? new Set()
    byServer.set(server, names)
    for (const { datname } of texts) if (datname !== '') names.add(datname)
  }
  return byServer
}
