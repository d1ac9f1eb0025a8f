import { ofExporter } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { words } from '../house/mappings.ts'
import { stat } from '../house/single-value.ts'
import { above, below, plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

export const processRow: Row = {
  title: 'Process',
  isClosed: true,
  panels: [
    stat({
      title: 'Version',
      about: ['the version of pgvitals and of Node.js.', 'answers to "since when".', 'the newest.', 'the CHANGELOG.'],
      unit: 'none',
      size: [8, 4],
      values: [{ expr: ofExporter('pgvitals_build_info'), legend: 'pgvitals {{version}}, Node.js {{node}}' }],
      steps: plain,
      showsName: true
    }),
    stat({
      title: 'Running for',
      about: ['time since pgvitals started.', 'counters of many rows count from its start.', 'days.', 'the log, when it is short.'],
      unit: 's',
      size: [8, 4],
      values: [{ expr: `time() - ${ofExporter('process_start_time_seconds')}`, legend: '{{instance}}' }],
      steps: plain
    }),
    stat({
      title: 'Configuration',
      about: [
        'whether the last reload of the configuration succeeded.',
        'if not, it runs with the one before.',
        '1.',
        'the log of pgvitals has the mistakes.'
      ],
      unit: 'none',
      size: [8, 4],
      values: [{ expr: ofExporter('pgvitals_config_reload_success'), legend: '{{instance}}' }],
      steps: below({ critical: 1 }),
      mappings: words({ 0: ['refused', 'red'], 1: ['loaded', 'green'] }),
      empty: 'It was never reloaded'
    }),
    timeseries({
      title: 'Processor',
      about: ['seconds of the processor in each second.', 'at 1 the page comes late.', 'a few hundredths.', 'the number of series.'],
      unit: 'short',
      size: [8, 7],
      lines: [{ expr: `rate(${ofExporter('process_cpu_seconds_total')}[$__rate_interval])`, legend: '{{instance}}' }],
      links: ['exporter']
    }),
    timeseries({
      title: 'Memory',
      about: ['resident memory.', 'a line that only climbs is a leak.', 'level after an hour.', 'the number of series.'],
      unit: 'bytes',
      size: [8, 7],
      lines: [{ expr: ofExporter('process_resident_memory_bytes'), legend: '{{instance}}' }],
      links: ['exporter']
    }),
    timeseries({
      title: 'Delay of the event loop',
      about: [
        'how late work in the process begins, for the slowest in a hundred.',
        'polls are late by as much.',
        'below 50 ms.',
        'the processor.'
      ],
      unit: 's',
      size: [8, 7],
      steps: above(thresholds.eventLoopLagSeconds),
      lines: [{ expr: ofExporter('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}}' }],
      links: ['exporter']
    })
  ]
}
