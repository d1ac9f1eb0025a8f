import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../exporter/run-exporter.ts'
import type { Fault, Site } from './fault.ts'
import type { AlertWatch, Firing } from './watch-alerts.ts'

/** What came of a fault. */
export interface Proof {
  readonly fault: Fault
  /** Everything that fired in its database, or on its server, until all was well again. */
  readonly firings: readonly Firing[]
  /** From the beginning of the fault. */
  readonly firedSeconds: number | undefined
  /** From the end of the mending. */
  readonly endedSeconds: number | undefined
}

/** Others that are caused by the fault may take a little longer than its own alert. */
const lingerSeconds = 4

/** Injects a fault, waits for its alert, mends it, and waits until nothing fires any more. */
export async function tryFault(site: Site, watch: AlertWatch, fault: Fault): Promise<Proof> {
  const begun = performance.now()
  const firings = () => watch.all.filter((one) => one.since >= begun && isAbout(fault, one))
  const isQuiet = () => firings().every((one) => one.until !== undefined)
  const own = () => firings().filter((one) => isOwn(fault, one))
  const heal = await fault.inject(site)
  await until(`${fault.name} fires ${fault.alert}`, 60, () => own().length > 0).catch(() => {})
  await delay(lingerSeconds * 1000)
  await heal()
  const healed = performance.now()
  await until(`${fault.name} is quiet`, 60, isQuiet).catch(() => {})
  // What fires only when all is over, such as a restart, comes now.
  await delay(lingerSeconds * 1000)
  await until(`${fault.name} is quiet`, 60, isQuiet).catch(() => {})
  const [first] = own()
  const last = own().every((one) => one.until !== undefined) ? own().at(-1) : undefined
  return {
    fault,
    firings: firings(),
    firedSeconds: first === undefined ? undefined : (first.since - begun) / 1000,
    endedSeconds: last?.until === undefined ? undefined : (last.until - healed) / 1000
  }
}

/** Whether this is the fault's own alert, in its database. */
export function isOwn({ alert, datname }: Fault, firing: Firing): boolean {
  return firing.alert === alert && firing.labels.datname === datname
}

function isAbout({ server, datname, isOfServer }: Fault, { labels }: Firing): boolean {
  return labels.server === server && (isOfServer === true || labels.datname === datname)
}
