import { by, inDatabase, on, onServer, type SeriesName, window } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { barGauge } from '../house/single-value.ts'
import { plain } from '../house/steps.ts'
import { timeseries } from '../house/timeseries.ts'

export const locksRow: Row = {
  title: 'Locks and statements',
  panels: [
    timeseries({
      title: 'Locks by mode',
      about: [
        'locks held, by mode.',
        'accessexclusivelock stops everybody who wants the table, readers too.',
        'mostly accesssharelock and rowexclusivelock.',
        'what migrates the schema at that moment.'
      ],
      unit: 'short',
      size: [8, 8],
      isStacked: true,
      lines: [{ expr: `sum ${by('mode')} (${inDatabase('pg_locks_count')}) > 0`, legend: '{{mode}}' }],
      colours: { accessexclusivelock: 'red', exclusivelock: 'orange', accesssharelock: 'green', rowexclusivelock: 'blue' },
      links: ['server']
    }),
    timeseries({
      title: 'Statements that run for long',
      about: [
        'active sessions whose statement has run for longer than each limit.',
        'a shelf at ten seconds is a slow statement; at an hour, a forgotten one.',
        'few above 10 s.',
        'the table of the oldest.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [
        {
          expr: `sum ${by('older_than')} (${inDatabase('pg_stat_activity_running', 'state="active"')})`,
          legend: 'longer than {{older_than}}'
        }
      ],
      links: ['server'],
      empty: 'None ran for long'
    }),
    timeseries({
      title: 'Deadlocks',
      about: [
        'deadlocks found, by database.',
        'each ends one of the transactions with an error.',
        'none, or single ones.',
        'the log names both statements; lock rows in one order.'
      ],
      unit: 'short',
      size: [8, 8],
      lines: [{ expr: `sum ${by('datname')} (increase(${inDatabase('pg_stat_database_deadlocks')}${window}))`, legend: '{{datname}}' }],
      links: ['database']
    })
  ]
}

const ofTable = ['datname', 'schemaname', 'relname']
const done = (part: SeriesName, whole: SeriesName) =>
  `max ${by(...ofTable)} (${inDatabase(part)}) / ${on(...ofTable)} (max ${by(...ofTable)} (${inDatabase(whole)}) > 0)`

export const progressRow: Row = {
  title: 'Long-running work',
  panels: [
    barGauge({
      title: 'How far it has come',
      about: [
        'the part that is done of each vacuum, analyze, building of an index, rewriting of a table, and base backup.',
        'they take hours on large tables, and some hold locks.',
        'empty, or growing.',
        'the board of the table.'
      ],
      unit: 'percentunit',
      size: [24, 7],
      max: 1,
      values: [
        {
          expr: done('pg_stat_progress_vacuum_heap_blks_scanned', 'pg_stat_progress_vacuum_heap_blks'),
          legend: 'vacuum {{datname}} {{relname}}'
        },
        {
          expr: done('pg_stat_progress_analyze_sample_blks_scanned', 'pg_stat_progress_analyze_sample_blks'),
          legend: 'analyze {{datname}} {{relname}}'
        },
        {
          expr: done('pg_stat_progress_create_index_blocks_done', 'pg_stat_progress_create_index_blocks'),
          legend: 'create index {{datname}} {{relname}}'
        },
        {
          expr: done('pg_stat_progress_cluster_heap_blks_scanned', 'pg_stat_progress_cluster_heap_blks'),
          legend: 'rewrite {{datname}} {{relname}}'
        },
        {
          expr: `sum ${by()} (${onServer('pg_stat_progress_basebackup_streamed_bytes')}) / (sum ${by()} (${onServer('pg_stat_progress_basebackup_size_bytes')}) > 0)`,
          legend: 'base backup'
        }
      ],
      steps: plain,
      empty: 'None runs',
      links: ['table']
    })
  ]
}
