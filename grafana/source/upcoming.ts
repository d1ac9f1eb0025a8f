/** Families that are not in the generated catalogue yet; a test says when one is in both, and then it leaves this list. */
export const upcoming = {
  pgvitals_database_state: { type: 'gauge', unit: 'none', labels: ['server', 'datname', 'reason'] },
  pgvitals_visit_interval_seconds: { type: 'gauge', unit: 'seconds', labels: ['server', 'datname'] },
  pgvitals_config_reload_success: { type: 'gauge', unit: 'none', labels: [] },
  pgvitals_tls_certificate_expiry_timestamp_seconds: { type: 'gauge', unit: 'timestamp', labels: ['server', 'datname'] },
  pgvitals_discovery_success: { type: 'gauge', unit: 'none', labels: ['server'] }
} as const
