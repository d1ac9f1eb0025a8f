-- Three databases of two teams on one server, and a role for monitoring. The container runs this as superuser when its volume is
-- empty. The passwords come from the environment.
\getenv platform_password PLATFORM_PASSWORD
\getenv labeler_password LABELER_PASSWORD
\getenv pgvitals_password MONITOR_PASSWORD

create role platform login password :'platform_password' connection limit 50;
create role labeler login password :'labeler_password' connection limit 30;
-- Reads statistics and settings but no tables. Four sessions for the exporter, four for `pgvitals doctor` at the same time.
create role pgvitals login password :'pgvitals_password' connection limit 8;
grant pg_monitor to pgvitals;

create database platform owner platform;
create database users owner platform;
create database labeler owner labeler;
revoke connect, temporary on database platform, users, labeler from public;
grant connect on database platform, users, labeler to pgvitals;

\connect platform
create extension pg_stat_statements;
set role platform;
create table orders (
  id bigint primary key generated always as identity,
  customer int not null,
  amount numeric not null,
  created_at timestamptz not null default now()
);
create index orders_customer on orders (customer, created_at);
insert into orders (customer, amount) select n % 100, n % 90 from generate_series(1, 1000) as n;

\connect users
set role platform;
create table accounts (
  id int primary key generated always as identity,
  email text not null unique,
  last_seen timestamptz not null default now()
);
insert into accounts (email) select 'user' || n || '@example.com' from generate_series(1, 1000) as n;
-- Role labeler may read all tables, including future ones.
grant connect on database users to labeler;
grant usage on schema public to labeler;
grant select on all tables in schema public to labeler;
alter default privileges in schema public grant select on tables to labeler;

\connect labeler
set role labeler;
create table tasks (
  id int primary key generated always as identity,
  state text not null,
  payload text not null
);
create index tasks_open on tasks (id) where state = 'open';
insert into tasks (state, payload) select case when n % 3 = 0 then 'done' else 'open' end, md5(n::text) from generate_series(1, 1000) as n;
