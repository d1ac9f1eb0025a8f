import { by, ofExporter, onServer, ratesBy } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { above } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

export const costRow: Row = {
  title: 'Errors and cost',
  panels: [
    timeseries({
      title: 'Errors and dropped samples',
      about: [
        'failed connects and polls by class of error, and samples dropped by reason, in five minutes.',
        'these are missing on the boards.',
        'none.',
        'the log of pgvitals.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [
        { expr: `sum ${by('class')} (increase(${onServer('pgvitals_errors_total')}[5m]))`, legend: '{{class}}' },
        { expr: `sum ${by('reason')} (increase(${onServer('pgvitals_samples_dropped_total')}[5m]))`, legend: 'dropped: {{reason}}' }
      ],
      links: ['server'],
      empty: 'No errors'
    }),
    timeseries({
      title: 'Time of polling',
      about: [
        'seconds in each second that pgvitals waited for answers, by server.',
        'it is most of what monitoring costs the server.',
        'a few hundredths.',
        'the slowest queries, on the right.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [{ expr: ratesBy([], onServer('pgvitals_poll_seconds_total')), legend: '{{server}}' }],
      links: ['server']
    }),
    table({
      title: 'Slowest queries',
      about: [
        'how long the last poll of each query took, the slowest first, and how many rows it answered.',
        'slow ones cost the server most.',
        'milliseconds.',
        'a longer interval for it, in pgvitals.yaml.'
      ],
      size: [8, 8],
      labels: [
        { label: 'query', title: 'Query' },
        { label: 'datname', title: 'Database' },
        { label: 'server', title: 'Server', links: ['server'] }
      ],
      columns: [
        { title: 'Duration', unit: 's', expr: `topk(15, ${onServer('pgvitals_query_duration_seconds')})` },
        {
          title: 'Rows',
          unit: 'short',
          expr: `${onServer('pgvitals_query_rows')} and topk(15, ${onServer('pgvitals_query_duration_seconds')})`
        }
      ],
      sortBy: 'Duration'
    }),
    timeseries({
      title: 'Sessions of pgvitals',
      about: [
        'sessions that pgvitals holds on each server.',
        'they count among its connections.',
        'a few, never more than the budget.',
        'the budget in the configuration.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [{ expr: onServer('pgvitals_sessions_open'), legend: '{{server}}' }],
      links: ['serverConnections']
    }),
    timeseries({
      title: 'Samples of a scrape',
      about: [
        'samples that Prometheus stores for each scrape.',
        'many are tables or statements that come and go.',
        'level.',
        'top and off, in pgvitals.yaml.'
      ],
      unit: 'short',
      size: [8, 8],
      steps: above(thresholds.samples.most),
      lines: [{ expr: ofExporter('scrape_samples_post_metric_relabeling'), legend: '{{instance}}' }],
      links: ['exporter']
    }),
    timeseries({
      title: 'Duration of a scrape',
      about: [
        'how long Prometheus waited for the page.',
        'a scrape asks no database: only the page’s size and the processor count.',
        'milliseconds.',
        'the processor, below.'
      ],
      unit: 's',
      size: [8, 8],
      steps: above(thresholds.scrapeSeconds),
      lines: [{ expr: ofExporter('scrape_duration_seconds'), legend: '{{instance}}' }],
      links: ['exporter']
    })
  ]
}

const accessColumns = (metric: 'pg_access_excess' | 'pg_access_missing') => ({
  labels: [
    { label: 'rolname', title: 'Role' },
    { label: 'privilege', title: 'Privilege' },
    { label: 'datname', title: 'Database', links: ['database'] },
    { label: 'server', title: 'Server' }
  ] as const,
  columns: [
    {
      title: 'Objects',
      unit: 'short',
      expr: `max ${by('datname', 'rolname', 'privilege')} (${onServer(metric, 'datname=~"$datname"')}) > 0`
    }
  ] as const,
  sortBy: 'Objects'
})

export const accessRow: Row = {
  title: 'Access between teams',
  isClosed: true,
  panels: [
    table({
      title: 'Access that nobody declared',
      about: [
        'privileges that a role has and the configuration does not declare.',
        'somebody can read or change what is not theirs.',
        'empty.',
        'revoke it, or declare it in pgvitals.yaml.'
      ],
      size: [12, 8],
      ...accessColumns('pg_access_excess'),
      empty: 'None, or no access is declared'
    }),
    table({
      title: 'Declared access that is missing',
      about: [
        'privileges that the configuration declares and a role does not have.',
        'an application of another team fails.',
        'empty.',
        'grant it.'
      ],
      size: [12, 8],
      ...accessColumns('pg_access_missing'),
      empty: 'None, or no access is declared'
    })
  ]
}
