const ofTarget = <Type extends string, Unit extends string>(type: Type, unit: Unit) => ({ type, unit, labels: [] }) as const

/** Metrics without the label `server`: those of Prometheus about targets and alerts, and those of prom-client about the process. */
export const surrounding = {
  up: ofTarget('gauge', 'none'),
  scrape_duration_seconds: ofTarget('gauge', 'seconds'),
  scrape_samples_scraped: ofTarget('gauge', 'none'),
  scrape_samples_post_metric_relabeling: ofTarget('gauge', 'none'),
  scrape_series_added: ofTarget('gauge', 'none'),
  // The labels of an alert are those of its expression and of its rule.
  ALERTS: {
    type: 'gauge',
    unit: 'none',
    labels: ['server', 'datname', 'alertname', 'alertstate', 'severity', 'scope', 'team']
  },
  ALERTS_FOR_STATE: { type: 'gauge', unit: 'timestamp', labels: ['server', 'datname', 'alertname', 'severity', 'scope', 'team'] },
  process_start_time_seconds: ofTarget('gauge', 'timestamp'),
  process_cpu_seconds_total: ofTarget('counter', 'seconds'),
  process_cpu_user_seconds_total: ofTarget('counter', 'seconds'),
  process_cpu_system_seconds_total: ofTarget('counter', 'seconds'),
  process_resident_memory_bytes: ofTarget('gauge', 'bytes'),
  process_open_fds: ofTarget('gauge', 'none'),
  process_max_fds: ofTarget('gauge', 'none'),
  nodejs_heap_size_total_bytes: ofTarget('gauge', 'bytes'),
  nodejs_heap_size_used_bytes: ofTarget('gauge', 'bytes'),
  nodejs_external_memory_bytes: ofTarget('gauge', 'bytes'),
  nodejs_eventloop_lag_mean_seconds: ofTarget('gauge', 'seconds'),
  nodejs_eventloop_lag_max_seconds: ofTarget('gauge', 'seconds'),
  nodejs_eventloop_lag_p50_seconds: ofTarget('gauge', 'seconds'),
  nodejs_eventloop_lag_p90_seconds: ofTarget('gauge', 'seconds'),
  nodejs_eventloop_lag_p99_seconds: ofTarget('gauge', 'seconds'),
  nodejs_gc_duration_seconds_bucket: { type: 'counter', unit: 'none', labels: ['kind', 'le'] },
  nodejs_gc_duration_seconds_sum: { type: 'counter', unit: 'seconds', labels: ['kind'] },
  nodejs_gc_duration_seconds_count: { type: 'counter', unit: 'none', labels: ['kind'] },
  nodejs_version_info: { type: 'gauge', unit: 'none', labels: ['version', 'major', 'minor', 'patch'] }
} as const
