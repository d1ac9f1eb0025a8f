import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { readSecret, type Secret } from '../server/credential.ts'
import type { CheckPassword } from './basic-auth.ts'

/** The configured logins. */
export interface Logins {
  /** Tokens for everything. */
  readonly everything: readonly Secret[]
  readonly teams: ReadonlyMap<string, TeamLogins>
}

export interface TeamLogins {
  readonly tokens: readonly Secret[]
  /** Users who see the databases of the team only. */
  readonly users?: readonly string[]
}

/** The users, who log in with a password. */
export interface Basic {
  /** The hashes of the passwords by user. */
  readonly users: () => ReadonlyMap<string, string>
  readonly checkPassword: CheckPassword
}

/** What a login may see: everything, or the databases of these teams. */
export type View = 'everything' | ReadonlySet<string>

export interface Access {
  /** The number of configured tokens and users. Without any, everyone may see everything. */
  readonly configured: () => number
  readonly hasUsers: () => boolean
  /** What the login in this `Authorization` header may see; undefined if there is none, or if it is wrong. */
  readonly viewOf: (authorization: string | undefined) => Promise<View | undefined>
}

/** The time for which the value of a token is cached. After it, a rotated token is accepted. */
const rememberMs = 15_000
/** The longest time for which a login waits until a token is read again. */
const waitMs = 200

/**
 * Creates the access control. A token gives access to everything, or to the teams that list it. A user sees everything,
 * unless teams list the user.
 */
export function createAccess(logins: () => Logins, clock: Clock, basic?: Basic): Access {
  const digestOf = createTokenCache(clock)

  const viewOfToken = async (given: string): Promise<View | undefined> => {
    const { everything, teams } = logins()
    const owned = [
      ...everything.map((secret) => ({ secret, team: undefined })),
      ...[...teams].flatMap(([team, { tokens }]) => tokens.map((secret) => ({ secret, team })))
    ]
    const digest = sha256(given)
    const valid = await Promise.all(owned.map(async ({ secret }) => isSame(digest, await digestOf(secret))))
    const names = owned.flatMap(({ team }, index) => (valid[index] === true ? [team] : []))
    if (names.length === 0) return undefined
    return names.includes(undefined) ? 'everything' : new Set(names.filter((name) => name !== undefined))
  }

  const viewOfUser = async (encoded: string): Promise<View | undefined> => {
    const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
    if (basic === undefined || user === undefined || password === undefined) return undefined
    if (!(await basic.checkPassword(user, password))) return undefined
    const names = [...logins().teams].flatMap(([team, { users = [] }]) => (users.includes(user) ? [team] : []))
    return names.length === 0 ? 'everything' : new Set(names)
  }

  const users = () => basic?.users().size ?? 0

  return {
    configured: () => [...logins().teams.values()].reduce((sum, { tokens }) => sum + tokens.length, logins().everything.length + users()),
    hasUsers: () => users() > 0,
    viewOf: async (authorization) => {
      const [, scheme = '', credential = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization ?? '') ?? []
      if (scheme === '') return undefined
      return scheme.toLowerCase() === 'bearer' ? await viewOfToken(credential) : await viewOfUser(credential)
    }
  }
}

/**
 * Creates a function that returns the digest of a token; undefined if it cannot be read: such a token is never accepted.
 * While a command or a file hangs, the last digest is used, so that one token does not delay all logins.
 */
function createTokenCache(clock: Clock): (secret: Secret) => Promise<Buffer | undefined> {
  // A reload creates new objects, so that a rotated token is accepted at once.
  const remembered = new WeakMap<object, { readonly until: number; digest: Promise<Buffer | undefined> }>()
  return (secret) => {
    if (typeof secret === 'string') return Promise.resolve(sha256(secret))
    const now = clock.now()
    const last = remembered.get(secret)
    if (last !== undefined && last.until >= now) return last.digest
    const reading = readSecret(secret).then(sha256, () => undefined)
    const digest = last === undefined ? reading : Promise.race([reading, wait(waitMs, undefined, { ref: false }).then(() => last.digest)])
    const next = { until: now + rememberMs, digest }
    void reading.then(() => {
      next.digest = reading
    })
    remembered.set(secret, next)
    return digest
  }
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Compares two digests in constant time. */
function isSame(given: Buffer, digest: Buffer | undefined): boolean {
  return digest !== undefined && timingSafeEqual(given, digest)
}
