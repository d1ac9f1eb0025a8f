import { randomTo, type Workload } from '../workload.ts'

const checkout: Workload = {
  database: 'platform',
  everyMs: 250,
  run: async ({ session }) => {
    const client = await session('checkout')
    const product = randomTo(2000)
    const customer = randomTo(1500)
    await client.query('select id, amount from orders where customer = $1 order by created_at desc limit 10', [customer])
    await client.query('begin')
    await client.query('select name, price, stock from products where id = $1', [product])
    await client.query('insert into orders (customer, product, amount) values ($1, $2, $3)', [customer, product, randomTo(90)])
    await client.query('update products set stock = stock - 1 where id = $1', [product])
    // Some orders are rolled back.
    await client.query(randomTo(15) === 1 ? 'rollback' : 'commit')
  }
}

const search: Workload = {
  database: 'platform',
  everyMs: 2000,
  run: async ({ session }) => {
    const client = await session('storefront')
    await client.query('select id, name, price from products where description like $1 limit 20', [`%${randomTo(9999)}%`])
  }
}

const slowReport: Workload = {
  database: 'platform',
  everyMs: 20_000,
  run: async ({ session }) => {
    const client = await session('sales-report')
    await client.query(
      `select date_trunc('day', created_at), count(distinct customer), sum(amount), pg_sleep(case when count(*) > 0 then 0.1 end)
      from orders group by 1 order by 1`
    )
    // This sort exceeds work_mem and writes temporary files.
    await client.query(`set work_mem = '64kB'`)
    await client.query('select count(*) from (select md5(id::text) from orders order by 1 offset 0) as sorted')
  }
}

const forgottenTransaction: Workload = {
  database: 'platform',
  triggersAlerts: true,
  everyMs: 5000,
  run: async ({ session, pause }) => {
    const client = await session('back-office')
    await client.query('begin')
    await client.query('select * from products where id = $1', [randomTo(2000)])
    await pause(30_000)
    await client.query('commit')
  }
}

/** Workloads of the database `platform`: orders, searches, a slow report and a transaction left open. */
export const platformWorkloads: readonly Workload[] = [checkout, search, slowReport, forgottenTransaction]
