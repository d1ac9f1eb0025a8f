import { stringify } from 'yaml'
import { perDatabase } from '../identity.ts'
import { links } from '../links.ts'
import { type Alert, keepFiring, type Scope, type Tier } from './alert.ts'
import type { Recording } from './recording.ts'

/** The PromQL of a tier. A condition of a database is joined with `pg_database_info` for the label `team`. */
export function expressionOf(alert: Alert, tier: Tier): string {
  if ((tier.scope ?? alert.scope) !== 'database') return tier.expression
  return `(\n${tier.expression.replaceAll(/^/gm, '  ')}\n)\n* on (${perDatabase}) group_left (team) pg_database_info`
}

/** A template of the dashboard's URL with the server and database of the alert. */
export function dashboardUrl({ dashboard, variables = [] }: Pick<Alert, 'dashboard' | 'variables'>, scope: Scope): string {
  const target = scope === 'exporter' ? ['job', 'instance'] : ['job', 'instance', 'server', ...(scope === 'database' ? ['datname'] : [])]
  const query = [...target, ...variables].map((label) => `var-${label}={{ $labels.${label} | urlquery }}`)
  return `${links.grafana}/d/${dashboard}?${query.join('&')}`
}

/** One Prometheus alerting rule per tier. */
export function renderAlert(alert: Alert): readonly object[] {
  return alert.tiers.map((tier) => {
    const scope = tier.scope ?? alert.scope
    return {
      alert: alert.name,
      expr: expressionOf(alert, tier),
      ...(tier.for === '0m' ? {} : { for: tier.for }),
      keep_firing_for: keepFiring,
      labels: { severity: tier.severity, scope },
      annotations: {
        summary: alert.summary,
        description: alert.description,
        runbook_url: `${links.runbooks}/${alert.name}.md`,
        dashboard_url: dashboardUrl(alert, scope)
      }
    }
  })
}

/** The YAML of a file of alerting rules. */
export function renderAlerts(name: string, alerts: readonly Alert[]): string {
  return renderFile([{ name: `pgvitals-${name}`, interval: '30s', rules: alerts.flatMap(renderAlert) }])
}

/** The YAML of the file of recording rules. */
export function renderRecordings(groups: Readonly<Record<string, readonly Recording[]>>): string {
  return renderFile(
    Object.entries(groups).map(([name, rules]) => ({
      name,
      interval: '30s',
      rules: rules.map(({ record, expression, labels }) => ({ record, expr: expression, ...(labels === undefined ? {} : { labels }) }))
    }))
  )
}

function renderFile(groups: readonly object[]): string {
  return `# Generated from grafana/source/rules by npm run docs. Do not edit.\n${stringify({ groups }, { lineWidth: 0 })}`
}
