import { dashboards } from '../grafana/source/dashboards.ts'

/** The files of grafana/dashboards/ by name. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(dashboards.map((dashboard) => [`${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`]))
