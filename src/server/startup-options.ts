import type { Version } from '../query/version.ts'
import { classOf, originOf } from './error-class.ts'
import type { Answer } from './received-answer.ts'
import { defaultTimeoutSeconds, sessionSettings } from './session-settings.ts'

/**
 * The SQLSTATEs with which a setting of the database or role ends a session before its first command, with the first
 * version that has the setting: statement_timeout, transaction_timeout, idle_session_timeout, local_preload_libraries (a
 * library that does not exist, or is not allowed).
 * Source: PostgreSQL's documentation, "PostgreSQL Error Codes".
 */
const endingStart: Readonly<Record<string, number>> = { '57014': 13, '25P04': 17, '57P05': 14, '58P01': 13, '42501': 13 }

/** The SQLSTATEs with which PostgreSQL or a pooler refuses startup options. PgBouncer reports 08P01. */
const refusingOptions: ReadonlySet<string> = new Set(['08P01', '0A000', '22023', '42501', '42704'])

/** The names of the settings that the database and the role set for our sessions, but not those of all roles in all databases. */
const plantedSql = `
select pg_catalog.split_part(c.entry, '=', 1)
from pg_catalog.pg_db_role_setting as r
cross join lateral pg_catalog.unnest(r.setconfig) as c (entry)
where
  (r.setdatabase, r.setrole) <> (0, 0)
  and r.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
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
  /** Whether options are refused or of no use. Then none are sent until a session has started without. */
  #isUseless = false
  /** The failure because of which the current attempt has options; undefined if options were chosen before. */
  #cause: unknown

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

  /**
   * Takes the failure of the attempt. Returns the failure to report; undefined if another attempt, with other options, may
   * succeed immediately. Refused options are never reported: they are not the reason why no session could start.
   */
  failed(error: unknown): unknown {
    const { sqlState = '' } = originOf(error) ?? {}
    const since = endingStart[sqlState]
    const hadOptions = this.#names !== undefined
    const cause = this.#cause
    this.#cause = undefined
    if (hadOptions && !this.#isLoggedIn && refusingOptions.has(sqlState)) {
      this.#names = undefined
      this.#isUseless = true
      return cause
    }
    if (since !== undefined || (this.#isLoggedIn && !hadOptions)) {
      const [major = 0] = this.#version
      if (since !== undefined && since > major) this.#version = [since]
      // The cause is not known, so all settings are suspected.
      this.#names = this.#isUseless ? undefined : new Set(this.#settings().map(({ name }) => name))
      // After a deadline of the client, the next poll cycle makes the attempt.
      if (hadOptions || this.#isUseless || (sqlState === '' && classOf(error) === 'timeout')) return error
      this.#cause = error
      return undefined
    }
    this.#names = undefined
    // A pooler may ignore options, and fails in both attempts while its server is down.
    if (sqlState !== '' && sqlState === originOf(cause)?.sqlState) this.#isUseless = true
    return error
  }

  /** Takes the start of a session. Returns whether it has options only for settings of the database or role; others hide values. */
  async succeeded(run: (sql: string) => Promise<Answer>): Promise<boolean> {
    const sent = this.#names
    this.#cause = undefined
    this.#isUseless = false
    if (sent === undefined) return true
    const planted = new Set((await run(plantedSql)).rows.map(([name]) => name ?? ''))
    const needed = this.#settings().flatMap(({ name }) => (planted.has(name) ? [name] : []))
    this.#names = needed.length === 0 ? undefined : new Set(needed)
    this.#isUseless = needed.length === 0
    return [...sent].every((name) => planted.has(name))
  }

  #settings() {
    return [...sessionSettings(this.#version, defaultTimeoutSeconds), { name: 'local_preload_libraries', value: '' }]
  }
}
