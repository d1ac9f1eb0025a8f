import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { readSecret, type Secret } from '../server/credential.ts'

/** Who may read what: the holder of one of these tokens. */
export interface Tokens {
  /** For everything. */
  readonly everything: readonly Secret[]
  /** For the page of one team. */
  readonly teams: ReadonlyMap<string, { readonly tokens: readonly Secret[] }>
}

/** Whether a request with this `Authorization` header may read the page of a team, or everything where no team is given. */
export type Access = (team: string | undefined, authorization: string | undefined) => Promise<boolean>

/** A token is read from its file at most this often: a rotated one is accepted soon, and requests cost no reads. */
const rememberMs = 15_000

/**
 * Creates the access control. Without any token everybody may read everything. With one, every page needs a token: one
 * for everything opens every page, a team's opens the page of that team.
 */
export function createAccess(tokens: () => Tokens, clock: Clock): Access {
  const remembered = new Map<Secret, { readonly until: number; readonly token: Promise<string | undefined> }>()
  const tokenOf = (secret: Secret): Promise<string | undefined> => {
    const now = clock.now()
    for (const [key, { until }] of remembered) if (until < now) remembered.delete(key)
    const known = remembered.get(secret)
    if (known !== undefined) return known.token
    // A token that cannot be read is never accepted.
    const token = readSecret(secret).catch(() => undefined)
    remembered.set(secret, { until: now + rememberMs, token })
    return token
  }
  return async (team, authorization) => {
    const { everything, teams } = tokens()
    const own = team === undefined ? [] : (teams.get(team)?.tokens ?? [])
    const isProtected = everything.length > 0 || [...teams.values()].some(({ tokens }) => tokens.length > 0)
    if (!isProtected) return true
    const [, given] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    if (given === undefined) return false
    const valid = await Promise.all([...everything, ...own].map(tokenOf))
    return valid.filter((token) => token !== undefined && isSame(given, token)).length > 0
  }
}

/** Takes the same time whatever the difference. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
