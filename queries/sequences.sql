-- The sequences that the role may not read: how blind pg_sequence_used_ratio is.
--
-- scope:    database
-- interval: 5m
-- timeout:  30s
-- requires: role primary
--
-- gauge hidden: Sequences, not counting those that cycle, that the role may not read for want of USAGE or SELECT.
select
  -- What is no sequence has no such privilege, so it is asked for after the join.
  pg_catalog.count(*) filter (where not pg_catalog.has_sequence_privilege(s.seqrelid, 'select, usage')) as hidden
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
where
  not s.seqcycle
  and c.relpersistence <> 't';
