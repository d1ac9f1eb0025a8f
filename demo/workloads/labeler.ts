import { randomTo, type Workload } from '../workload.ts'

const labeling: Workload = {
  database: 'labeler',
  everyMs: 400,
  run: async ({ session }) => {
    const client = await session('labeling-worker')
    await client.query('begin')
    const { rows } = await client.query(`select id, payload from tasks where state = 'open' order by id limit 1 for update skip locked`)
    if (rows[0]) {
      await client.query('insert into labels (task, label) values ($1, $2)', [rows[0].id, 'cat'])
      await client.query(`update tasks set state = 'done' where id = $1`, [rows[0].id])
    } else {
      await client.query(`update tasks set state = 'open' where id % 3 <> 0`)
    }
    await client.query('commit')
  }
}

const progress: Workload = {
  database: 'labeler',
  everyMs: 3000,
  run: async ({ session }) => {
    const client = await session('labeling-progress')
    await client.query('select state, count(*) from tasks group by state')
    await client.query('select l.label, count(*) from labels as l join tasks as t on t.id = l.task group by l.label')
  }
}

const deadlock: Workload = {
  database: 'labeler',
  triggersAlerts: true,
  everyMs: 30_000,
  run: async ({ session }) => {
    const [worker, review] = await Promise.all([session('labeling-worker'), session('review-worker')])
    const task = randomTo(4000) * 3
    const update = 'update tasks set payload = md5(payload) where id = $1'
    await Promise.all([worker.query('begin'), review.query('begin')])
    await worker.query(update, [task])
    await review.query(update, [task + 3])
    // Each waits for the row of the other until PostgreSQL cancels one of them.
    await Promise.allSettled([worker.query(update, [task + 3]), review.query(update, [task])])
    await Promise.all([worker.query('commit'), review.query('commit')])
  }
}

/** Workloads of the database `labeler`: tasks are labelled and counted, and two workers deadlock. */
export const labelerWorkloads: readonly Workload[] = [labeling, progress, deadlock]
