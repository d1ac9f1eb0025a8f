import { setTimeout as delay } from 'node:timers/promises'

/** A fired alert; times are milliseconds of `performance.now`, `until` is absent while it fires. */
export interface Firing {
  readonly alert: string
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
  readonly since: number
  until?: number
}

interface AlertsResponse {
  readonly data: {
    readonly alerts: readonly {
      readonly labels: Record<string, string>
      readonly annotations: Record<string, string>
      readonly state: string
    }[]
  }
}

export type AlertRecorder = ReturnType<typeof recordAlerts>

/** Polls the firing alerts of Prometheus twice per second, twice per evaluation, and records them, except the watchdog. */
export function recordAlerts(prometheus: string) {
  const all: Firing[] = []
  const stopping = new AbortController()
  const poll = async () => {
    const { data } = (await (await fetch(`${prometheus}/api/v1/alerts`)).json()) as AlertsResponse
    const now = performance.now()
    const firing = data.alerts.filter(({ state, labels }) => state === 'firing' && labels.alertname !== 'PgvitalsWatchdog')
    const keys = new Set(firing.map(({ labels }) => keyOf(labels)))
    for (const one of all) if (one.until === undefined && !keys.has(keyOf(one.labels))) one.until = now
    for (const { labels, annotations } of firing) {
      if (all.some((one) => one.until === undefined && keyOf(one.labels) === keyOf(labels))) continue
      all.push({ alert: labels.alertname ?? '', labels, summary: annotations.summary ?? '', since: now })
    }
  }
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      await poll().catch(() => {})
      await delay(500)
    }
  })()
  return {
    all: all as readonly Firing[],
    stop: () => {
      stopping.abort()
      return ended
    }
  }
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort())
}
