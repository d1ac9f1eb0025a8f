import { alerts } from '../grafana/source/rules/alerts.ts'
import { recordings } from '../grafana/source/rules/recording.ts'
import { renderAlerts, renderRecordings } from '../grafana/source/rules/render.ts'

/** The text of each file of grafana/rules, by path. */
export function ruleFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['grafana/rules/recording.yml', renderRecordings(recordings)],
    ...Object.entries(alerts).map(([name, list]) => [`grafana/rules/${name}.yml`, renderAlerts(name, list)] as const)
  ])
}
