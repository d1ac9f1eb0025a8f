import type { Access } from '../../src/server/server.ts'
import type { Major } from '../servers/start-server.ts'

/** The privileges granted to `guest` in the database `db` of `owner`, the declared access, and the expected metrics. */
export interface AccessCase {
  readonly name: string
  readonly access: Access
  readonly sql: readonly string[]
  readonly excess?: Readonly<Record<string, number>>
  readonly missing?: Readonly<Record<string, number>>
  readonly from?: Major
  readonly to?: Major
}

const connect = 'grant connect on database db to guest'
const read = [connect, 'grant usage on schema app to guest', 'grant select on all tables in schema app to guest']
const write = [
  ...read,
  'grant insert, update, delete on all tables in schema app to guest',
  'grant usage on all sequences in schema app to guest'
]
const group = 'create role guest_group'
const join = 'grant guest_group to guest'
const toGroup = read.map((statement) => statement.replace('guest', 'guest_group'))

/** The schema `app` contains the tables item (with a serial) and note (with an identity) and the view item_view. The schema `public` does not exist. */
export const accessCases: readonly AccessCase[] = [
  { name: 'none: as declared', access: 'none', sql: [] },
  { name: 'none: CONNECT is excess', access: 'none', sql: [connect], excess: { connect: 1 } },
  { name: 'none: CONNECT of PUBLIC is excess', access: 'none', sql: ['grant connect on database db to public'], excess: { connect: 1 } },
  { name: 'none: SELECT without CONNECT is not counted', access: 'none', sql: read.slice(1) },
  { name: 'none: CONNECT and SELECT are excess', access: 'none', sql: read, excess: { connect: 1, select: 3 } },
  { name: 'connect: as declared; TEMP and USAGE are not excess', access: 'connect', sql: [connect, 'grant usage on schema app to guest'] },
  { name: 'connect: CONNECT was revoked', access: 'connect', sql: [], missing: { connect: 1 } },
  {
    name: 'connect: SELECT on one column is excess',
    access: 'connect',
    sql: [connect, 'grant usage on schema app to guest', 'grant select (id) on app.item to guest'],
    excess: { select: 1 }
  },
  {
    name: 'connect: SELECT without USAGE on the schema is not counted',
    access: 'connect',
    sql: [connect, 'grant select on app.item to guest']
  },
  { name: 'read: as declared', access: 'read', sql: read },
  {
    name: 'read: SELECT on sequences is not excess',
    access: 'read',
    sql: [...read, 'grant select on all sequences in schema app to guest']
  },
  { name: 'read: USAGE on the schema is missing', access: 'read', sql: [connect, ...read.slice(2)], missing: { usage: 1 } },
  {
    name: 'read: SELECT on one column is not sufficient',
    access: 'read',
    sql: [connect, 'grant usage on schema app to guest', 'grant select (id) on app.note to guest'],
    missing: { select: 3 }
  },
  {
    name: 'read: granted to PUBLIC',
    access: 'read',
    sql: [connect, 'grant usage on schema app to public', 'grant select on all tables in schema app to public']
  },
  {
    name: 'read: SELECT on a later table is missing',
    access: 'read',
    sql: [...read, 'create table app.later (id int)'],
    missing: { select: 1 }
  },
  {
    name: 'read: a later table with default privileges',
    access: 'read',
    sql: [...read, 'alter default privileges in schema app grant select on tables to guest', 'create table app.later (id int)']
  },
  {
    name: 'read: SELECT on a view is missing',
    access: 'read',
    sql: [...read, 'revoke select on app.item_view from guest'],
    missing: { select: 1 }
  },
  {
    name: 'read: a partition needs no grant',
    access: 'read',
    sql: [
      'create table app.part (id int) partition by list (id)',
      ...read,
      'create table app.part_1 partition of app.part for values in (1)'
    ]
  },
  {
    name: 'read: an inheritance child is read through its parent',
    access: 'read',
    sql: ['create table app.base (id int)', ...read, 'create table app.child () inherits (app.base)']
  },
  {
    name: 'read: a schema that contains only a partition, a child and an extension needs no USAGE',
    access: 'read',
    sql: [
      'create table app.part (id int) partition by list (id)',
      'create table app.base (id int)',
      ...read,
      'create schema shared',
      'create table shared.part_1 partition of app.part for values in (1)',
      'create table shared.child () inherits (app.base)',
      'create extension pg_stat_statements schema shared'
    ]
  },
  {
    name: 'read: a schema that contains a partition and a table needs USAGE',
    access: 'read',
    sql: [
      'create table app.part (id int) partition by list (id)',
      ...read,
      'create schema shared',
      'create table shared.part_1 partition of app.part for values in (1)',
      'create table shared.other (id int)'
    ],
    missing: { usage: 1, select: 1 }
  },
  { name: 'read: INSERT is excess', access: 'read', sql: [...read, 'grant insert on app.note to guest'], excess: { insert: 1 } },
  {
    name: 'read: UPDATE and DELETE of PUBLIC are excess',
    access: 'read',
    sql: [...read, 'grant update, delete on app.item to public'],
    excess: { update: 1, delete: 1 }
  },
  {
    name: 'read: UPDATE on one column is excess',
    access: 'read',
    sql: [...read, 'grant update (id) on app.item to guest'],
    excess: { update: 1 }
  },
  {
    name: 'read: CREATE is excess',
    access: 'read',
    sql: [...read, 'grant create on schema app to guest', 'grant create on database db to guest'],
    excess: { create: 2 }
  },
  {
    name: 'read: ALL on a table is excess',
    access: 'read',
    sql: [...read, 'grant all on app.item to guest'],
    excess: { insert: 1, update: 1, delete: 1, truncate: 1, references: 1, trigger: 1 },
    to: 16
  },
  {
    name: 'read: MAINTAIN is excess',
    access: 'read',
    sql: [...read, 'grant maintain on app.item to guest'],
    excess: { maintain: 1 },
    from: 17
  },
  {
    name: 'read: INSERT in default privileges is excess',
    access: 'read',
    sql: [...read, 'alter default privileges in schema app grant select, insert on tables to guest'],
    excess: { default_insert: 1 }
  },
  {
    name: 'read: TRUNCATE of PUBLIC in default privileges of every schema is excess',
    access: 'read',
    sql: [...read, 'alter default privileges for role owner grant truncate on tables to public'],
    excess: { default_truncate: 1 }
  },
  {
    name: 'connect: SELECT in default privileges is excess, even without USAGE on the schema',
    access: 'connect',
    sql: [connect, 'alter default privileges in schema app grant select on tables to guest'],
    excess: { default_select: 1 }
  },
  {
    name: 'connect: owning a view is excess, even without USAGE on the schema',
    access: 'connect',
    sql: [connect, 'alter table app.item_view owner to guest'],
    excess: { own: 1 }
  },
  {
    name: 'read: USAGE on a sequence is excess',
    access: 'read',
    sql: [...read, 'grant usage on sequence app.item_id_seq to guest'],
    excess: { usage: 1 }
  },
  { name: 'read: owning a table is excess', access: 'read', sql: [...read, 'alter table app.note owner to guest'], excess: { own: 2 } },
  {
    name: 'read: EXECUTE on a SECURITY DEFINER function is excess',
    access: 'read',
    sql: [
      ...read,
      "create function app.sweep() returns int language sql security definer as 'select 1'",
      "create function app.harmless() returns int language sql as 'select 1'"
    ],
    excess: { execute: 1 }
  },
  {
    name: 'read: a SECURITY DEFINER function without EXECUTE, and a trigger function, are not counted',
    access: 'read',
    sql: [
      ...read,
      "create function app.sweep() returns int language sql security definer as 'select 1'",
      'revoke execute on function app.sweep() from public',
      "create function app.audit() returns trigger language plpgsql security definer as 'begin return new; end'"
    ]
  },
  { name: 'read: through a membership', access: 'read', sql: [group, join, ...toGroup] },
  {
    name: 'read: through a chain of memberships',
    access: 'read',
    sql: [
      group,
      'create role guest_far',
      'grant guest_far to guest_group',
      join,
      ...read.map((statement) => statement.replace('guest', 'guest_far'))
    ]
  },
  {
    name: 'connect: SELECT through a membership is excess',
    access: 'connect',
    sql: [connect, group, join, ...toGroup],
    excess: { select: 3 }
  },
  {
    name: 'connect: SELECT through SET ROLE is excess, with NOINHERIT',
    access: 'connect',
    sql: [connect, group, ...toGroup, 'alter role guest noinherit', join],
    excess: { select: 3 }
  },
  {
    name: 'connect: SELECT through SET ROLE is excess, with INHERIT FALSE',
    access: 'connect',
    sql: [connect, group, ...toGroup, `${join} with inherit false`],
    excess: { select: 3 },
    from: 16
  },
  {
    name: 'connect: a membership with INHERIT FALSE and SET FALSE grants nothing',
    access: 'connect',
    sql: [connect, group, ...toGroup, `${join} with inherit false, set false`],
    from: 16
  },
  {
    name: 'connect: SELECT that a role reachable by SET ROLE inherits is excess',
    access: 'connect',
    sql: [
      connect,
      group,
      'create role guest_far',
      'grant guest_far to guest_group with inherit true, set false',
      `${join} with inherit false, set true`,
      ...read.map((statement) => statement.replace('guest', 'guest_far'))
    ],
    excess: { select: 3 },
    from: 16
  },
  {
    name: 'connect: SET ROLE from a role that cannot be assumed is not counted',
    access: 'connect',
    sql: [
      connect,
      group,
      'create role guest_far',
      'grant guest_far to guest_group with inherit false, set true',
      `${join} with inherit true, set false`,
      ...read.map((statement) => statement.replace('guest', 'guest_far'))
    ],
    from: 16
  },
  { name: 'write: as declared', access: 'write', sql: write },
  { name: 'write: only SELECT is granted', access: 'write', sql: read, missing: { insert: 2, update: 2, delete: 2, usage: 1 } },
  {
    name: 'write: UPDATE on a sequence replaces USAGE',
    access: 'write',
    sql: [...write, 'revoke usage on all sequences in schema app from guest', 'grant update on all sequences in schema app to guest']
  },
  {
    name: 'write: through predefined roles',
    access: 'write',
    sql: [connect, 'grant pg_read_all_data, pg_write_all_data to guest'],
    from: 14
  },
  { name: 'write: TRUNCATE is excess', access: 'write', sql: [...write, 'grant truncate on app.note to guest'], excess: { truncate: 1 } },
  {
    name: 'owner: as declared',
    access: 'owner',
    sql: ['alter database db owner to guest', ...write, 'grant create on schema app to guest']
  },
  { name: 'owner: through a membership', access: 'owner', sql: [connect, 'grant owner to guest'] },
  { name: 'owner: another role is the owner', access: 'owner', sql: write, missing: { own: 1 } },
  {
    name: 'read: owning everything through a membership is excess',
    access: 'read',
    sql: [connect, 'grant owner to guest'],
    excess: { own: 7 }
  },
  {
    name: 'read: owning the database, and objects of pg_database_owner, is excess',
    access: 'read',
    sql: ['alter database db owner to guest', ...read, 'create schema shared authorization pg_database_owner'],
    excess: { own: 2 },
    from: 14
  },
  { name: 'connect: SUPERUSER is excess', access: 'connect', sql: ['alter role guest superuser'], excess: { superuser: 1 } },
  {
    name: 'connect: SUPERUSER through SET ROLE is excess',
    access: 'connect',
    sql: [connect, 'create role guest_group superuser', join],
    excess: { superuser: 1 }
  },
  {
    name: 'connect: pg_read_all_data is excess',
    access: 'connect',
    sql: [connect, 'grant pg_read_all_data to guest'],
    excess: { select: 5 },
    from: 14
  },
  { name: 'read: through pg_read_all_data', access: 'read', sql: [connect, 'grant pg_read_all_data to guest'], from: 14 },
  {
    name: 'read: pg_write_all_data is excess',
    access: 'read',
    sql: [...read, 'grant pg_write_all_data to guest'],
    excess: { insert: 3, update: 5, delete: 3 },
    from: 14
  },
  {
    name: 'none: pg_read_server_files is excess',
    access: 'none',
    sql: ['grant pg_read_server_files to guest'],
    excess: { bypass: 1 }
  },
  {
    name: 'connect: password hashes, table statistics and server files are excess',
    access: 'connect',
    sql: [
      connect,
      group,
      join,
      'grant select (rolname, rolpassword) on pg_authid to guest',
      'grant select on pg_statistic to guest_group',
      'grant execute on function pg_read_file(text), lo_export(oid, text) to guest'
    ],
    excess: { bypass: 4 }
  },
  {
    name: 'none: EXECUTE on pg_read_file without CONNECT is not counted',
    access: 'none',
    sql: ['grant execute on function pg_read_file(text) to guest']
  },
  {
    name: 'connect: the privileges of pg_monitor are not excess',
    access: 'connect',
    sql: [connect, 'grant pg_monitor to guest', 'grant execute on function pg_ls_dir(text) to guest']
  },
  {
    name: 'read: REPLICATION and BYPASSRLS are excess',
    access: 'read',
    sql: [...read, 'alter role guest replication bypassrls'],
    excess: { bypass: 2 }
  },
  {
    name: 'read: CREATEROLE, which can grant itself more, is excess',
    access: 'read',
    sql: [...read, 'alter role guest createrole'],
    excess: { bypass: 1 },
    to: 15
  },
  { name: 'read: CREATEROLE is not excess since PostgreSQL 16', access: 'read', sql: [...read, 'alter role guest createrole'], from: 16 },
  { name: 'none: the role does not exist', access: 'none', sql: ['drop role guest'], missing: { role: 1 } },
  {
    name: 'connect: objects of an extension are not counted',
    access: 'connect',
    sql: [connect, 'grant usage on schema app to guest', 'create extension pg_stat_statements schema app']
  }
]
