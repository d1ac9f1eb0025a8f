import { createHash, timingSafeEqual } from 'node:crypto'
import { readSecret, type Secret } from '../server/credential.ts'

/** Who may read what: the holder of one of these tokens. */
export interface Tokens {
  /** For everything. */
  readonly everything: readonly Secret[]
  /** For the page of one team. */
  readonly teams: ReadonlyMap<string, { readonly tokens: readonly Secret[] }>
}

/** Tells whether a request with this `Authorization` may read a team's page, or everything. */
export type Gate = (team: string | undefined, authorization: string | undefined) => Promise<boolean>

/** A token's file is read again so often: a rotated one holds soon, and requests cost no reads. */
const rememberSeconds = 15

/**
 * Makes the gate. Without any token everybody may read everything. As soon as there is one, nothing is read
 * without: everything holds every team's page, and a team's page what is everybody's.
 */
export function createGate(tokens: () => Tokens): Gate {
  const remembered = new Map<Secret, { readonly until: number; readonly token: Promise<string | undefined> }>()
  const tokenOf = (secret: Secret): Promise<string | undefined> => {
    const now = performance.now()
    for (const [key, { until }] of remembered) if (until < now) remembered.delete(key)
    const known = remembered.get(secret)
    if (known !== undefined) return known.token
    // A token that cannot be read opens nothing.
    const token = readSecret(secret).catch(() => undefined)
    remembered.set(secret, { until: now + rememberSeconds * 1000, token })
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

/** Takes the same time whatever is the same. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
