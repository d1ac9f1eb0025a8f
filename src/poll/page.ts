import { type FamilyText, render, renderHeader } from '../metric/exposition.ts'
import { collectorSamples } from './collectors.ts'
import { healthSamples, queryTexts, type ServerHealth } from './health.ts'
import { isFresh, type Snapshot } from './snapshots.ts'

/** Joins the snapshots that are still fresh with the state of servers, databases and queries: the page, family by family. */
export function renderPage(snapshots: readonly Snapshot[], servers: readonly ServerHealth[], now: number): Buffer {
  const texts = snapshots.filter((snapshot) => isFresh(snapshot, now)).flatMap((snapshot) => snapshot.texts)
  const health = render([...healthSamples(servers, datnamesOf(snapshots)), ...collectorSamples(snapshots)]).texts
  return joinFamilies([...health, ...queryTexts(snapshots, now), ...texts])
}

/** Puts all text of one family behind its one HELP and TYPE, families in the order of their names. */
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

function datnamesOf(snapshots: readonly Snapshot[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byServer = new Map<string, Set<string>>()
  for (const { server, texts } of snapshots) {
    const names = byServer.get(server) ?? new Set()
    byServer.set(server, names)
    for (const { datname } of texts) if (datname !== '') names.add(datname)
  }
  return byServer
}
