-- Errors and conflicts of subscriptions, from pg_stat_subscription_stats, with the conflicts that PostgreSQL 18 added.
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- label   subname
-- counter apply_errors_total: Errors while changes were applied.
-- counter sync_errors_total: Errors while the first contents of tables were copied.
-- counter confl_insert_exists_total: Inserted rows whose key another row had.
-- counter confl_update_origin_differs_total: Updates of rows that another origin had changed.
-- counter confl_update_exists_total: Updated rows whose new key another row had.
-- counter confl_update_missing_total: Updates of rows that were not there.
-- counter confl_delete_origin_differs_total: Deletes of rows that another origin had changed.
-- counter confl_delete_missing_total: Deletes of rows that were not there.
-- counter confl_multiple_unique_conflicts_total: Rows whose keys violated several unique constraints.
select
  d.datname,
  t.subname,
  t.apply_error_count as apply_errors_total,
  t.sync_error_count as sync_errors_total,
  t.confl_insert_exists as confl_insert_exists_total,
  t.confl_update_origin_differs as confl_update_origin_differs_total,
  t.confl_update_exists as confl_update_exists_total,
  t.confl_update_missing as confl_update_missing_total,
  t.confl_delete_origin_differs as confl_delete_origin_differs_total,
  t.confl_delete_missing as confl_delete_missing_total,
  t.confl_multiple_unique_conflicts as confl_multiple_unique_conflicts_total
from pg_catalog.pg_stat_subscription_stats as t
join pg_catalog.pg_subscription as s on s.oid = t.subid
left join pg_catalog.pg_database as d on d.oid = s.subdbid
-- A standby has the subscriptions of its primary, and no workers.
where not pg_catalog.pg_is_in_recovery()
order by 3 desc, 1, 2;
