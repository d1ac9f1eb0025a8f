-- Synchronization state of subscribed tables, from pg_subscription_rel.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- requires: server >= 14
--
-- label subname
-- label state
-- gauge tables: Tables of the subscription in this state: initializing, copying, copied, synchronized or ready.
select
  s.subname,
  case r.srsubstate
    when 'i' then 'initializing'
    when 'd' then 'copying'
    when 'f' then 'copied'
    when 's' then 'synchronized'
    when 'r' then 'ready'
    else r.srsubstate::text
  end as state,
  pg_catalog.count(*) as tables
from pg_catalog.pg_subscription_rel as r
join pg_catalog.pg_subscription as s on s.oid = r.srsubid
-- A standby has the subscriptions of its primary but does not synchronize tables.
where not pg_catalog.pg_is_in_recovery()
group by 1, 2;
