-- Errors of subscriptions, from pg_stat_subscription_stats.
--
-- scope:    server
-- detail:   minimal
-- interval: 15s
--
-- label   datname
-- label   subname
-- counter apply_errors_total: Errors while applying changes.
-- counter sync_errors_total: Errors during the initial table synchronization.
select
  d.datname,
  t.subname,
  t.apply_error_count as apply_errors_total,
  t.sync_error_count as sync_errors_total
from pg_catalog.pg_stat_subscription_stats as t
join pg_catalog.pg_subscription as s on s.oid = t.subid
left join pg_catalog.pg_database as d on d.oid = s.subdbid
-- A standby has the subscriptions of its primary but no workers.
where not pg_catalog.pg_is_in_recovery()
order by 3 desc, 1, 2;
