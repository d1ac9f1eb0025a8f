import { type FamilyText, render, renderHeader } from '../metric/exposition.ts'
import { collectorSamples } from './collectors.ts'
import { healthSamples, queryTexts, type ServerHealth } from './health.ts'
import type { Shows } from './selection.ts'
import { expiresAt, isFresh, type Snapshot } from './snapshots.ts'

/** The answers that are still fresh, joined: the same for every scrape until a poll ends or one of them grows stale. */
export interface Answers {
  readonly text: Buffer
  readonly freshUntil: number
  /** The databases that any series names, by server. */
  readonly datnames: ReadonlyMap<string, ReadonlySet<string>>
}

/** Joins what is shown of the snapshots that are still fresh, family by family. */
export function joinAnswers(snapshots: readonly Snapshot[], now: number, shows: Shows = () => true): Answers {
  const fresh = snapshots.filter((snapshot) => isFresh(snapshot, now))
  const shown = fresh.flatMap(({ server, texts }) =>
    texts.filter(({ datname, ranIn = [datname] }) => shows(server, ranIn)).map((text) => ({ ...text, server }))
  )
  const datnames = new Map<string, Set<string>>()
  for (const { server, datname } of shown) {
    const names = datnames.get(server) ?? new Set()
    datnames.set(server, names)
    if (datname !== '') names.add(datname)
  }
  return { text: joinFamilies(shown), freshUntil: Math.min(...fresh.map(expiresAt)), datnames }
}

/** The page: the state of servers, databases and queries at this moment, and the answers. */
export function renderPage(
  snapshots: readonly Snapshot[],
  servers: readonly ServerHealth[],
  answers: Answers,
  now: number,
  shows: Shows = () => true
): Buffer {
  const health = healthSamples(servers, answers.datnames).filter(({ labels }) => shows(labels.server ?? '', [labels.datname ?? '']))
  const { texts } = render([...health, ...collectorSamples(snapshots)])
  return Buffer.concat([joinFamilies([...texts, ...queryTexts(snapshots, now)]), answers.text])
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
