import { by, inDatabase, type SeriesName } from '../house/expression.ts'
import type { Row } from '../house/layout.ts'
import { words } from '../house/mappings.ts'
import { above } from '../house/steps.ts'
import { table } from '../house/table.ts'
import { timeseries } from '../house/timeseries.ts'
import { thresholds } from '../thresholds.ts'

const ofSubscription = ['datname', 'subname']
const gauge = (metric: SeriesName) => `max ${by(...ofSubscription)} (${inDatabase(metric)})`
const errors = (metric: SeriesName) => `sum ${by(...ofSubscription)} (increase(${inDatabase(metric)}[5m]))`
const empty = 'There are no subscriptions'

export const subscriptionsRow: Row = {
  title: 'Subscriptions',
  isClosed: true,
  panels: [
    table({
      title: 'Subscriptions of this server',
      about: [
        'the subscriptions, whether each is enabled and its worker runs, and when it last heard of the publisher.',
        'while one stands still, its data is old, and the slot of its publisher holds WAL.',
        'enabled, at work, seconds.',
        'the log of the server; the slot on the publisher.'
      ],
      size: [14, 8],
      labels: [
        { label: 'subname', title: 'Subscription' },
        { label: 'datname', title: 'Database', links: ['database'] }
      ],
      columns: [
        {
          title: 'State',
          unit: 'none',
          expr: gauge('pg_stat_subscription_enabled'),
          mappings: words({ 0: ['disabled', 'red'], 1: ['enabled', 'green'] })
        },
        {
          title: 'Worker',
          unit: 'none',
          expr: gauge('pg_stat_subscription_apply_worker_up'),
          mappings: words({ 0: ['stands still', 'red'], 1: ['at work', 'green'] })
        },
        {
          title: 'Last heard',
          unit: 's',
          expr: gauge('pg_stat_subscription_last_message_age_seconds'),
          steps: above(thresholds.replicaLagSeconds)
        },
        { title: 'Copying tables', unit: 'short', expr: gauge('pg_stat_subscription_sync_workers') }
      ],
      sortBy: 'Subscription',
      isAscending: true,
      empty
    }),
    timeseries({
      title: 'Errors of subscriptions',
      about: [
        'errors while changes were applied, and while tables were copied, in five minutes.',
        'the worker begins again and again, and nothing moves.',
        'none.',
        'the log of the server names the row.'
      ],
      unit: 'short',
      size: [10, 8],
      lines: [
        { expr: errors('pg_stat_subscription_stats_apply_errors_total'), legend: '{{subname}} applying' },
        { expr: errors('pg_stat_subscription_stats_sync_errors_total'), legend: '{{subname}} copying' }
      ],
      links: ['database'],
      empty
    })
  ]
}
