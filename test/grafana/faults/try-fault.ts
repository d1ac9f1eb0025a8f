import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../exporter/run-exporter.ts'
import type { Environment, Fault } from './fault.ts'
import type { AlertRecorder, Firing } from './record-alerts.ts'

/** The measured result of a fault. */
export interface Proof {
  readonly fault: Fault
  /** All alerts that fired in its database or on its server until all had resolved. */
  readonly firings: readonly Firing[]
  /** Seconds from the injection until the alert fired. */
  readonly firedSeconds: number | undefined
  /** Seconds from the removal until the alert resolved. */
  readonly endedSeconds: number | undefined
}

/** Other alerts of the fault may fire slightly later than its own. */
const lingerSeconds = 4

/** Injects a fault, waits for its alert, removes the fault, and waits until all alerts have resolved. */
export async function tryFault(environment: Environment, recorder: AlertRecorder, fault: Fault): Promise<Proof> {
  const injected = performance.now()
  const firings = () => recorder.all.filter((one) => one.since >= injected && isAbout(fault, one))
  const isQuiet = () => firings().every((one) => one.until !== undefined)
  const own = () => firings().filter((one) => isOwn(fault, one))
  const remove = await fault.inject(environment)
  await until(`${fault.name} fires ${fault.alert}`, 60, () => own().length > 0).catch(() => {})
  await delay(lingerSeconds * 1000)
  await remove()
  const removed = performance.now()
  await until(`${fault.name} is quiet`, 60, isQuiet).catch(() => {})
  // Alerts that fire only after the removal, such as a restart, fire now.
  await delay(lingerSeconds * 1000)
  await until(`${fault.name} is quiet`, 60, isQuiet).catch(() => {})
  const [first] = own()
  const last = own().every((one) => one.until !== undefined) ? own().at(-1) : undefined
  return {
    fault,
    firings: firings(),
    firedSeconds: first === undefined ? undefined : (first.since - injected) / 1000,
    endedSeconds: last?.until === undefined ? undefined : (last.until - removed) / 1000
  }
}

/** Whether the firing is the expected alert of the fault in its database. */
export function isOwn({ alert, datname }: Fault, firing: Firing): boolean {
  return firing.alert === alert && firing.labels.datname === datname
}

function isAbout({ server, datname, isOfServer }: Fault, { labels }: Firing): boolean {
  return labels.server === server && (isOfServer === true || labels.datname === datname)
}
