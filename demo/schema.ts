import type { TestServer } from '../test/servers/start-server.ts'

/** The password of the teams' roles and of pgvitals. */
export const password = 'demo'

/** The databases by name, with their owners and tables. */
export const databases = {
  platform: {
    owner: 'platform',
    tables: [
      `create table products (id int primary key generated always as identity, name text not null, description text not null,
        price numeric not null, stock int not null)`,
      `insert into products (name, description, price, stock)
        select 'product ' || n, repeat(md5(n::text), 4), 1 + n % 90, 1000 from generate_series(1, 2000) as n`,
      `create table orders (id bigint primary key generated always as identity, customer int not null,
        product int not null references products, amount numeric not null, created_at timestamptz not null default now())`,
      `insert into orders (customer, product, amount, created_at)
        select n % 1500, 1 + n * 7 % 2000, n % 90, now() - n * interval '1 minute' from generate_series(1, 30000) as n`,
      'create index orders_customer on orders (customer, created_at)'
    ]
  },
  users: {
    owner: 'platform',
    tables: [
      `create table accounts (id int primary key generated always as identity, email text not null unique,
        name text not null, last_seen timestamptz not null default now())`,
      `insert into accounts (email, name) select 'user' || n || '@example.com', 'User ' || n from generate_series(1, 10000) as n`,
      'create table logins (id bigint primary key generated always as identity, account int not null references accounts, at timestamptz not null)',
      `insert into logins (account, at)
        select 1 + n % 10000, now() - n * interval '1 minute' from generate_series(1, 20000) as n`,
      'create index logins_account on logins (account, at)'
    ]
  },
  labeler: {
    owner: 'labeler',
    tables: [
      'create table tasks (id int primary key generated always as identity, state text not null, payload text not null)',
      `insert into tasks (state, payload)
        select case when n % 3 = 0 then 'done' else 'open' end, md5(n::text) from generate_series(1, 15000) as n`,
      "create index tasks_open on tasks (id) where state = 'open'",
      `create table labels (id bigint primary key generated always as identity, task int not null references tasks,
        label text not null)`,
      `insert into labels (task, label)
        select n, (array['cat', 'dog', 'car', 'none'])[1 + n % 4] from generate_series(3, 15000, 3) as n`,
      'create index labels_task on labels (task)'
    ]
  }
} as const

export type DatabaseName = keyof typeof databases

/** Creates the roles of the teams, the databases, and the role `pgvitals` with only CONNECT and pg_monitor. */
export async function createDatabases({ sql }: Pick<TestServer, 'sql'>): Promise<void> {
  const owners = new Set(Object.values(databases).map(({ owner }) => owner))
  await sql(
    'postgres',
    ...[...owners, 'pgvitals'].map((role) => `create role ${role} login password '${password}'`),
    'grant pg_monitor to pgvitals'
  )
  for (const [name, { owner, tables }] of Object.entries(databases)) {
    await sql(
      'postgres',
      `create database ${name} owner ${owner}`,
      `revoke connect, temporary on database ${name} from public`,
      `grant connect on database ${name} to pgvitals`
    )
    await sql(name, `set role ${owner}`, ...tables, 'reset role', 'analyze')
  }
  await sql('platform', 'create extension pg_stat_statements')
}

/** The settings of pgvitals: the URLs of the databases by environment variable. */
export function exporterUrls({ url }: Pick<TestServer, 'url'>): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: url('platform', 'pgvitals', password),
    USER_DATABASE_URL: url('users', 'pgvitals', password),
    LABELER_DATABASE_URL: url('labeler', 'pgvitals', password)
  }
}
