import { alerts } from '../grafana/source/rules/alerts.ts'
import { recordings } from '../grafana/source/rules/recording.ts'

/** The text of docs/alerts.md: all alerts and recording rules. */
export function alertsPage(): string {
  return [
    '# Alerts',
    '',
    'Generated from `grafana/source/rules` by `npm run docs`. The thresholds are in `grafana/source/thresholds.ts`.',
    '',
    '*critical* requires immediate action, *warning* action on the same day; *info* is not sent anywhere. Alerts of scope *database* have the label `team` with the owner of the database, those of scope *instance* concern the operators of the server, and those of scope *exporter* the operators of pgvitals. Silence an alert by its labels `team`, `server`, `datname` and `severity`. Every alert keeps firing for 5 minutes after its condition has ended (`keep_firing_for`), so that a restart of pgvitals does not resolve it. [Alert proofs](alert-proofs.md) lists the faults that are injected into real servers and the alerts that fire.',
    '',
    ...Object.entries(alerts).flatMap(([name, list]) => [
      `## ${name}`,
      '',
      '| alert | severity | scope | expression | for |',
      '|---|---|---|---|---|',
      ...list.flatMap((alert) =>
        alert.tiers.map(
          (tier) =>
            `| [${alert.name}](runbooks/${alert.name}.md) | ${tier.severity} | ${tier.scope ?? alert.scope} | ${code(tier.expression)} | ${tier.for} |`
        )
      ),
      ''
    ]),
    '## Recording rules',
    '',
    '| series | expression |',
    '|---|---|',
    ...Object.values(recordings)
      .flat()
      .map(({ record, expression, labels }) => `| \`${record}${labelText(labels)}\` | ${code(expression)} |`),
    '',
    '## Not covered',
    '',
    'pgvitals has no alerts for PgBouncer (use its exporter), backups (use the exporter of the backup tool), the CPU of the host, free slots in the lock table, and the end of support of a major version.',
    ''
  ].join('\n')
}

function code(expression: string): string {
  return `\`${expression.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}\``
}

function labelText(labels: Readonly<Record<string, string>> = {}): string {
  const inner = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return inner.length === 0 ? '' : `{${inner.join(', ')}}`
}
