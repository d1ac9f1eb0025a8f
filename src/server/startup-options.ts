import type { Version } from '../query/version.ts'
import { classOf, originOf } from './error-class.ts'
import type { Answer } from './received-answer.ts'
import { defaultTimeoutSeconds, sessionSettings } from './session-settings.ts'

/**
 * The SQLSTATEs with which a setting of the database or role ends a session before its first command, with the first
 * version that has the setting: statement_timeout, transaction_timeout, idle_session_timeout, local_preload_libraries.
 * Source: PostgreSQL's documentation, "PostgreSQL Error Codes".
 */
const endingStart: Readonly<Record<string, number>> = { '57014': 13, '25P04': 17, '57P05': 14, '58P01': 13 }

/** The SQLSTATEs with which PostgreSQL or a pooler refuses startup options. PgBouncer reports 08P01. */
const refusingOptions: ReadonlySet<string> = new Set(['08P01', '0A000', '22023', '42501', '42704'])

/** The names of the settings that the database and the role set for our sessions. */
const plantedSql = `
select pg_catalog.split_part(c.entry, '=', 1)
from pg_catalog.pg_db_role_setting as r
cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
where
  r.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
  and r.setrole in (0, (select a.oid from pg_catalog.pg_roles as a where a.rolname = session_user))`

/**
 * The startup options of the sessions of one database. They outrank `alter database … set` and `alter role … set` from the
 * first moment of a session. But they hide the server's values from `pg_settings`, and poolers refuse or ignore them. A
 * session therefore has options only if a previous one could not start without them, and only for settings of the database
 * or role, which hide the server's value themselves. Commands set all settings again (session-settings.ts).
 */
export class StartupOptions {
  /** The names of the settings in the options; undefined if sessions have none. */
  #names: ReadonlySet<string> | undefined
  /** The version of the last session, or the first one that can raise the last error. */
  #version: Version = [13]
  #isLoggedIn = false
  #isRefused = false

  /** Starts an attempt. Returns the parameter `options`, undefined for none. */
  start(): string | undefined {
    this.#isLoggedIn = false
    const settings = this.#settings().filter(({ name }) => this.#names?.has(name))
    const texts = settings.map(({ name, value }) => `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`)
    return texts.length === 0 ? undefined : texts.join(' ')
  }

  /** Takes the login of the attempt. The version is empty if a pooler does not report it. */
  loggedIn(version: Version): void {
    this.#isLoggedIn = true
    if (version.length > 0) this.#version = version
  }

  /** Takes the failure of the attempt. Returns whether another attempt, with options, may succeed immediately. */
  failed(error: unknown): boolean {
    const { sqlState = '' } = originOf(error) ?? {}
    const since = endingStart[sqlState]
    const isFirst = this.#names === undefined
    if (since !== undefined || (isFirst && this.#isLoggedIn)) {
      const [major = 0] = this.#version
      if (since !== undefined && since > major) this.#version = [since]
      // Until options are accepted, the cause is not known.
      this.#names = this.#isRefused ? undefined : new Set(this.#settings().map(({ name }) => name))
      // After a deadline of the client, the next poll cycle makes the attempt.
      return isFirst && !this.#isRefused && (sqlState !== '' || classOf(error) !== 'timeout')
    }
    if (!isFirst && !this.#isLoggedIn && refusingOptions.has(sqlState)) this.#isRefused = true
    this.#names = undefined
    return false
  }

  /** Takes the success of the attempt. Keeps only the options for settings of the database or role. */
  async succeeded(run: (sql: string) => Promise<Answer>): Promise<void> {
    this.#isRefused = false
    if (this.#names === undefined) return
    const planted = new Set((await run(plantedSql)).rows.map(([name]) => name ?? ''))
    this.#names = this.#settings().some(({ name }) => planted.has(name)) ? planted : undefined
  }

  #settings() {
    return [...sessionSettings(this.#version, defaultTimeoutSeconds), { name: 'local_preload_libraries', value: '' }]
  }
}
