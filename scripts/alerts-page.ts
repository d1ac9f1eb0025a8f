import { alerts } from '../grafana/source/rules/alerts.ts'
import { recordings } from '../grafana/source/rules/recording.ts'

/** The text of docs/alerts.md: every alert and every recording rule. */
export function alertsPage(): string {
  return [
    '# Alerts',
    '',
    'Generated from `grafana/source/rules` by `npm run docs`; the thresholds are in `grafana/source/thresholds.ts`. *Critical* pages now, *warning* is for the same day, *info* goes nowhere by itself. An alert of scope *database* carries the label `team`, of the team that owns the database. [Alerts that were seen to fire](alert-proofs.md) has the faults that are injected into real servers, and what fires then.',
    '',
    ...Object.entries(alerts).flatMap(([name, list]) => [
      `## ${name}`,
      '',
      '| alert | severity | scope | fires when | for |',
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
    '| rule | is |',
    '|---|---|',
    ...Object.values(recordings)
      .flat()
      .map(({ record, expression, labels }) => `| \`${record}${labelText(labels)}\` | ${code(expression)} |`),
    '',
    '## Not here',
    '',
    'Alerts that need what pgvitals does not measure: PgBouncer (its own exporter has it), backups (their tool has it), the CPU of the host, free places in the lock table, and the end of support of a major version.',
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
