-- Errors and conflicts of subscriptions, from pg_stat_subscription_stats, with conflicts (PostgreSQL 18).
--
-- scope:    server
-- interval: 15s
--
-- label   datname
-- label   subname
-- detail: minimal
-- counter apply_errors_total: Errors while applying changes.
-- counter sync_errors_total: Errors during the initial table synchronization.
-- detail: full
-- counter confl_insert_exists_total: Row insertions that violated a unique constraint; absent before PostgreSQL 18.
-- counter confl_update_origin_differs_total: Updates of rows that another origin had modified; absent before PostgreSQL 18.
-- counter confl_update_exists_total: Updated rows that violated a unique constraint; absent before PostgreSQL 18.
-- counter confl_update_missing_total: Updates of rows that were not found; absent before PostgreSQL 18.
-- counter confl_delete_origin_differs_total: Deletes of rows that another origin had modified; absent before PostgreSQL 18.
-- counter confl_delete_missing_total: Deletes of rows that were not found; absent before PostgreSQL 18.
-- counter confl_multiple_unique_conflicts_total: Inserted or updated rows that violated several unique constraints; absent
--    before PostgreSQL 18.
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
-- A standby has the subscriptions of its primary but no workers.
where not pg_catalog.pg_is_in_recovery()
order by 3 desc, 1, 2;
