import { onServer } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { words } from '../house/mappings.ts'
import { stat } from '../house/single-value.ts'
import { anyWarns, plain } from '../house/steps.ts'
import { table } from '../house/table.ts'

export const instanceConfiguration: Row = {
  title: 'Configuration',
  isClosed: true,
  panels: [
    stat({
      title: 'Memory',
      about: [
        'the parameters that decide on memory.',
        'work_mem holds for every sort of every session.',
        'shared_buffers about a quarter of the memory.',
        'the row "Reads, writes and cache".'
      ],
      unit: 'bytes',
      size: [12, 5],
      values: [
        { expr: onServer('pg_settings_shared_buffers_bytes'), legend: 'shared_buffers' },
        { expr: onServer('pg_settings_effective_cache_size_bytes'), legend: 'effective_cache_size' },
        { expr: onServer('pg_settings_work_mem_bytes'), legend: 'work_mem' },
        { expr: onServer('pg_settings_maintenance_work_mem_bytes'), legend: 'maintenance_work_mem' }
      ],
      steps: plain
    }),
    stat({
      title: 'Changes of the configuration',
      about: [
        'how often a server-wide parameter changed within the range that is shown.',
        'what got slower after a change did so because of it.',
        '0.',
        'the annotations show when.'
      ],
      unit: 'short',
      size: [12, 5],
      values: [{ expr: `changes(${onServer('pg_setting_hash')}[$__range])` }],
      steps: anyWarns
    }),
    table({
      title: 'Dangerous parameters',
      about: [
        'parameters that can lose or corrupt data, or stop its upkeep, and whether they are set so.',
        'fsync = off loses the database in a crash.',
        'all safe.',
        'the runbook of PostgresDangerousSetting.'
      ],
      size: [12, 8],
      labels: [{ label: 'name', title: 'Parameter' }],
      columns: [
        {
          title: 'State',
          unit: 'none',
          expr: onServer('pg_setting_dangerous'),
          mappings: words({ 0: ['safe', 'green'], 1: ['dangerous', 'red'] })
        }
      ],
      sortBy: 'State'
    }),
    table({
      title: 'Waiting for a restart',
      about: [
        'parameters whose new value waits for a restart.',
        'the server does not run as its configuration says.',
        'empty.',
        'plan a restart.'
      ],
      size: [12, 8],
      labels: [{ label: 'name', title: 'Parameter' }],
      columns: [
        { title: 'State', unit: 'none', expr: onServer('pg_setting_pending_restart'), mappings: words({ 1: ['waits', 'orange'] }) }
      ],
      sortBy: 'Parameter',
      empty: 'None waits'
    })
  ]
}
