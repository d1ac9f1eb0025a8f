import { board } from '../house/board.ts'
import { by, inDatabase, onServer } from '../house/expression.ts'
import { quality } from '../house/quality.ts'
import { barGauge, stat } from '../house/single-value.ts'
import { above, below, plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'
import { database, server, top } from '../house/variables.ts'
import { thresholds } from '../thresholds.ts'
import { indexesRow, tablesRow, wasteRow } from './storage-rows.ts'

export const storage = board({
  uid: 'pgvitals-storage',
  title: 'Storage',
  question: 'What grows, when does it not fit any more, and what is wasted?',
  variables: [...server('one'), database('many'), top],
  from: 'now-7d',
  rows: [
    {
      panels: [
        stat({
          title: 'All databases',
          about: ['the size of the chosen databases.', 'it is most of what the disk holds.', 'slow growth.', 'the panels below.'],
          unit: 'bytes',
          size: [4, 4],
          values: [{ expr: `sum ${by()} (${inDatabase('pg_database_size_bytes')})` }],
          steps: plain
        }),
        stat({
          title: 'Growth in a day',
          about: [
            'what the chosen databases gained or lost in a day.',
            'it tells how long the disk will do.',
            'its own level.',
            'the largest tables.'
          ],
          unit: 'bytes',
          size: [4, 4],
          values: [{ expr: `sum ${by()} (delta(${inDatabase('pg_database_size_bytes')}[1d]))` }],
          steps: plain
        }),
        stat({
          title: 'Disk free',
          about: [
            'free space in proportion to all of it.',
            'at 0 the server stops.',
            `above ${thresholds.diskFreeRatio.warning}.`,
            'enlarge it, or find out what grows.'
          ],
          unit: 'percentunit',
          size: [5, 4],
          max: 1,
          values: [{ expr: onServer('server:pg_disk_free:ratio') }],
          steps: below(thresholds.diskFreeRatio),
          empty: 'Not seen: set capacity_bytes'
        }),
        stat({
          title: 'Disk full in',
          about: [
            'how long the disk will do, if it fills as in the last six hours.',
            'a full disk stops the server.',
            `more than ${thresholds.diskFill.warningAheadSeconds / 86400} days.`,
            'what grows, below.'
          ],
          unit: 's',
          size: [5, 4],
          values: [{ expr: onServer('server:pg_exhaustion:eta_seconds', 'resource="disk"') }],
          steps: below({ warning: thresholds.diskFill.warningAheadSeconds, critical: thresholds.diskFill.criticalAheadSeconds }),
          empty: 'It does not fill'
        }),
        ...quality(4),
        timeseries({
          title: 'Size by database',
          about: [
            'the size of each database, stacked.',
            'it tells whose data fills the disk.',
            'slow growth.',
            'the database; its largest tables below.'
          ],
          unit: 'bytes',
          size: [12, 8],
          isStacked: true,
          lines: [{ expr: inDatabase('pg_database_size_bytes'), legend: '{{datname}}' }],
          links: ['database']
        }),
        timeseries({
          title: 'Temporary files',
          about: [
            'bytes written to temporary files in a second, counted when the statement ends.',
            'they take disk, and time.',
            'little.',
            'the statements with temporary files.'
          ],
          unit: 'binBps',
          size: [12, 8],
          steps: above(thresholds.tempBytesPerSecond),
          lines: [
            { expr: `sum ${by('datname')} (rate(${inDatabase('pg_stat_database_temp_bytes')}[$__rate_interval]))`, legend: '{{datname}}' }
          ],
          links: ['queries']
        }),
        barGauge({
          title: 'Quotas',
          about: [
            'the size of each database in proportion to the quota that its team was given.',
            'all databases share the disk.',
            'below 1.',
            'the team, or a larger quota in the configuration of pgvitals.'
          ],
          unit: 'percentunit',
          size: [12, 6],
          max: 1,
          values: [
            { expr: `${inDatabase('pg_database_size_bytes')} / (${inDatabase('pg_database_quota_bytes')} > 0)`, legend: '{{datname}}' }
          ],
          steps: above(0.9),
          empty: 'No quotas are configured',
          links: ['database']
        }),
        barGauge({
          title: 'Sequences nearest to their end',
          about: [
            'the used part of each sequence, by its own bounds and those of its column.',
            'at the end every insert fails.',
            `below ${thresholds.sequenceUsedRatio.warning}.`,
            'alter the column to bigint before that.'
          ],
          unit: 'percentunit',
          size: [12, 6],
          max: 1,
          values: [
            { expr: `sort_desc(topk(8, ${inDatabase('pg_sequence_used_ratio')}))`, legend: '{{datname}} {{schemaname}}.{{sequencename}}' }
          ],
          steps: above(thresholds.sequenceUsedRatio),
          empty: 'No sequence is used, or none may be read',
          links: ['database']
        })
      ]
    },
    tablesRow,
    indexesRow,
    wasteRow
  ]
})
