import type { Access } from '../../src/server/server.ts'
import type { Major } from '../servers/start-server.ts'

/** What is granted to `guest` in the database `db` of `owner`, what is declared, and what then is to be said. */
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

/** The database has, in its schema `app`: the tables item (with a serial) and note (with an identity), the view item_view; there is no schema `public`. */
export const accessCases: readonly AccessCase[] = [
  { name: 'nothing, as declared', access: 'none', sql: [] },
  { name: 'none, but it may connect', access: 'none', sql: [connect], excess: { connect: 1 } },
  { name: 'none, but PUBLIC may connect', access: 'none', sql: ['grant connect on database db to public'], excess: { connect: 1 } },
  { name: 'none, and what it could read is behind a closed door', access: 'none', sql: read.slice(1) },
  { name: 'none, but it may read', access: 'none', sql: read, excess: { connect: 1, select: 3 } },
  { name: 'connect, as declared; TEMP and USAGE are no excess', access: 'connect', sql: [connect, 'grant usage on schema app to guest'] },
  { name: 'connect, revoked', access: 'connect', sql: [], missing: { connect: 1 } },
  {
    name: 'connect, but one column can be read',
    access: 'connect',
    sql: [connect, 'grant usage on schema app to guest', 'grant select (id) on app.item to guest'],
    excess: { select: 1 }
  },
  { name: 'connect, and a grant that USAGE keeps closed', access: 'connect', sql: [connect, 'grant select on app.item to guest'] },
  { name: 'read, as declared', access: 'read', sql: read },
  { name: 'read, with the sequences too', access: 'read', sql: [...read, 'grant select on all sequences in schema app to guest'] },
  { name: 'read, without USAGE', access: 'read', sql: [connect, ...read.slice(2)], missing: { usage: 1 } },
  {
    name: 'read, of one column only',
    access: 'read',
    sql: [connect, 'grant usage on schema app to guest', 'grant select (id) on app.note to guest'],
    missing: { select: 3 }
  },
  {
    name: 'read, through PUBLIC',
    access: 'read',
    sql: [connect, 'grant usage on schema app to public', 'grant select on all tables in schema app to public']
  },
  { name: 'read, and a table that came later', access: 'read', sql: [...read, 'create table app.later (id int)'], missing: { select: 1 } },
  {
    name: 'read, and a table that came later with default privileges',
    access: 'read',
    sql: [...read, 'alter default privileges in schema app grant select on tables to guest', 'create table app.later (id int)']
  },
  {
    name: 'read, and a view that is not granted',
    access: 'read',
    sql: [...read, 'revoke select on app.item_view from guest'],
    missing: { select: 1 }
  },
  {
    name: 'read, and a partition, which needs no grant',
    access: 'read',
    sql: [
      'create table app.part (id int) partition by list (id)',
      ...read,
      'create table app.part_1 partition of app.part for values in (1)'
    ]
  },
  {
    name: 'read, and a child, which is read through its parent',
    access: 'read',
    sql: ['create table app.base (id int)', ...read, 'create table app.child () inherits (app.base)']
  },
  {
    name: 'read, and a schema with nothing but a partition, a child and an extension, which needs no USAGE',
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
    name: 'read, and a schema with a table beside a partition, which needs USAGE',
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
  { name: 'read, but it may insert', access: 'read', sql: [...read, 'grant insert on app.note to guest'], excess: { insert: 1 } },
  {
    name: 'read, but PUBLIC may write',
    access: 'read',
    sql: [...read, 'grant update, delete on app.item to public'],
    excess: { update: 1, delete: 1 }
  },
  {
    name: 'read, but it may change one column',
    access: 'read',
    sql: [...read, 'grant update (id) on app.item to guest'],
    excess: { update: 1 }
  },
  {
    name: 'read, but it may create',
    access: 'read',
    sql: [...read, 'grant create on schema app to guest', 'grant create on database db to guest'],
    excess: { create: 2 }
  },
  {
    name: 'read, but everything is granted',
    access: 'read',
    sql: [...read, 'grant all on app.item to guest'],
    excess: { insert: 1, update: 1, delete: 1, truncate: 1, references: 1, trigger: 1 },
    to: 16
  },
  {
    name: 'read, but it may maintain',
    access: 'read',
    sql: [...read, 'grant maintain on app.item to guest'],
    excess: { maintain: 1 },
    from: 17
  },
  {
    name: 'read, but future tables can be written',
    access: 'read',
    sql: [...read, 'alter default privileges in schema app grant select, insert on tables to guest'],
    excess: { default_insert: 1 }
  },
  {
    name: 'read, but future tables of every schema can be emptied by PUBLIC',
    access: 'read',
    sql: [...read, 'alter default privileges for role owner grant truncate on tables to public'],
    excess: { default_truncate: 1 }
  },
  {
    name: 'connect, but future tables of a schema that is closed today can be read',
    access: 'connect',
    sql: [connect, 'alter default privileges in schema app grant select on tables to guest'],
    excess: { default_select: 1 }
  },
  {
    name: 'connect, but it owns a table in a schema that is closed',
    access: 'connect',
    sql: [connect, 'alter table app.item_view owner to guest'],
    excess: { own: 1 }
  },
  {
    name: 'read, but it may draw from a sequence',
    access: 'read',
    sql: [...read, 'grant usage on sequence app.item_id_seq to guest'],
    excess: { usage: 1 }
  },
  { name: 'read, but it owns a table', access: 'read', sql: [...read, 'alter table app.note owner to guest'], excess: { own: 2 } },
  {
    name: "read, but a function runs with its owner's rights",
    access: 'read',
    sql: [
      ...read,
      "create function app.sweep() returns int language sql security definer as 'select 1'",
      "create function app.harmless() returns int language sql as 'select 1'"
    ],
    excess: { execute: 1 }
  },
  {
    name: 'read, and a definer function that is closed, or only a trigger',
    access: 'read',
    sql: [
      ...read,
      "create function app.sweep() returns int language sql security definer as 'select 1'",
      'revoke execute on function app.sweep() from public',
      "create function app.audit() returns trigger language plpgsql security definer as 'begin return new; end'"
    ]
  },
  { name: 'read, through a membership', access: 'read', sql: [group, join, ...toGroup] },
  {
    name: 'read, through a chain of memberships',
    access: 'read',
    sql: [
      group,
      'create role guest_far',
      'grant guest_far to guest_group',
      join,
      ...read.map((statement) => statement.replace('guest', 'guest_far'))
    ]
  },
  { name: 'connect, but a membership reads', access: 'connect', sql: [connect, group, join, ...toGroup], excess: { select: 3 } },
  {
    name: 'connect, and NOINHERIT, but SET ROLE reads',
    access: 'connect',
    sql: [connect, group, ...toGroup, 'alter role guest noinherit', join],
    excess: { select: 3 }
  },
  {
    name: 'connect, and a membership that is not inherited, but SET ROLE reads',
    access: 'connect',
    sql: [connect, group, ...toGroup, `${join} with inherit false`],
    excess: { select: 3 },
    from: 16
  },
  {
    name: 'connect, and a membership that gives nothing',
    access: 'connect',
    sql: [connect, group, ...toGroup, `${join} with inherit false, set false`],
    from: 16
  },
  {
    name: 'connect, but SET ROLE and what that inherits reads',
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
    name: 'connect, and what SET ROLE would reach only from a role that it cannot become',
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
  { name: 'write, as declared', access: 'write', sql: write },
  { name: 'write, but only to read', access: 'write', sql: read, missing: { insert: 2, update: 2, delete: 2, usage: 1 } },
  {
    name: 'write, and UPDATE of the sequence, which draws from it as well',
    access: 'write',
    sql: [...write, 'revoke usage on all sequences in schema app from guest', 'grant update on all sequences in schema app to guest']
  },
  {
    name: 'write, by the predefined roles',
    access: 'write',
    sql: [connect, 'grant pg_read_all_data, pg_write_all_data to guest'],
    from: 14
  },
  { name: 'write, but it may truncate', access: 'write', sql: [...write, 'grant truncate on app.note to guest'], excess: { truncate: 1 } },
  {
    name: 'owner, as declared',
    access: 'owner',
    sql: ['alter database db owner to guest', ...write, 'grant create on schema app to guest']
  },
  { name: 'owner, through a membership', access: 'owner', sql: [connect, 'grant owner to guest'] },
  { name: 'owner, but somebody else owns it', access: 'owner', sql: write, missing: { own: 1 } },
  { name: 'read, but a membership owns everything', access: 'read', sql: [connect, 'grant owner to guest'], excess: { own: 7 } },
  {
    name: "read, but it owns the database and with it what is pg_database_owner's",
    access: 'read',
    sql: ['alter database db owner to guest', ...read, 'create schema shared authorization pg_database_owner'],
    excess: { own: 2 },
    from: 14
  },
  { name: 'connect, but a superuser', access: 'connect', sql: ['alter role guest superuser'], excess: { superuser: 1 } },
  {
    name: 'connect, but SET ROLE makes a superuser',
    access: 'connect',
    sql: [connect, 'create role guest_group superuser', join],
    excess: { superuser: 1 }
  },
  {
    name: 'connect, but pg_read_all_data',
    access: 'connect',
    sql: [connect, 'grant pg_read_all_data to guest'],
    excess: { select: 5 },
    from: 14
  },
  { name: 'read, by pg_read_all_data', access: 'read', sql: [connect, 'grant pg_read_all_data to guest'], from: 14 },
  {
    name: 'read, but pg_write_all_data',
    access: 'read',
    sql: [...read, 'grant pg_write_all_data to guest'],
    excess: { insert: 3, update: 5, delete: 3 },
    from: 14
  },
  {
    name: 'none, but it reads the files of the server',
    access: 'none',
    sql: ['grant pg_read_server_files to guest'],
    excess: { bypass: 1 }
  },
  {
    name: 'connect, but it reads password hashes, samples of every table, and files',
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
    name: 'none, and a file that it could read is behind a closed door',
    access: 'none',
    sql: ['grant execute on function pg_read_file(text) to guest']
  },
  {
    name: 'connect, and what monitoring reads of the catalogs and files',
    access: 'connect',
    sql: [connect, 'grant pg_monitor to guest', 'grant execute on function pg_ls_dir(text) to guest']
  },
  {
    name: 'read, but it may copy the whole server and pass row security',
    access: 'read',
    sql: [...read, 'alter role guest replication bypassrls'],
    excess: { bypass: 2 }
  },
  {
    name: 'read, but CREATEROLE can give itself more',
    access: 'read',
    sql: [...read, 'alter role guest createrole'],
    excess: { bypass: 1 },
    to: 15
  },
  { name: 'read, and CREATEROLE, which from 16 on cannot', access: 'read', sql: [...read, 'alter role guest createrole'], from: 16 },
  { name: 'none, for a role that does not exist', access: 'none', sql: ['drop role guest'], missing: { role: 1 } },
  {
    name: 'connect, and the views of an extension, which are not judged',
    access: 'connect',
    sql: [connect, 'grant usage on schema app to guest', 'create extension pg_stat_statements schema app']
  }
]
