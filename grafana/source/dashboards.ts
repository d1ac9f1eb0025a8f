import { activity } from './boards/activity.ts'
import { alertsBoard } from './boards/alerts.ts'
import { connectionsBoard } from './boards/connections.ts'
import { database } from './boards/database.ts'
import { exporter } from './boards/exporter.ts'
import { home } from './boards/home.ts'
import { instance } from './boards/instance.ts'
import { queries } from './boards/queries.ts'
import { query } from './boards/query.ts'
import { replication } from './boards/replication.ts'
import { storage } from './boards/storage.ts'
import { tableBoard } from './boards/table.ts'
import { vacuum } from './boards/vacuum.ts'

/** All dashboards, from the overview to the details. */
export const dashboards = [
  home,
  instance,
  database,
  connectionsBoard,
  queries,
  query,
  activity,
  storage,
  tableBoard,
  vacuum,
  replication,
  exporter,
  alertsBoard
] as const
