import { dashboards } from '../grafana/source/dashboards.ts'

/** The files of grafana/dashboards/: path and text. */
export const dashboardFiles = (): readonly (readonly [path: string, text: string])[] =>
  dashboards.map((dashboard) => [`grafana/dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 2)}\n`])
