import { database } from './boards/database.ts'
import { home } from './boards/home.ts'
import { instance } from './boards/instance.ts'

/** Every board, as Grafana lists them. */
export const dashboards = [home, instance, database] as const
