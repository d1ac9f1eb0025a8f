import { createHmac, randomBytes } from 'node:crypto'
import { type ComparePassword, createBcryptThread } from './bcrypt-thread.ts'
import { remember } from './recent.ts'

/** Too many passwords are being compared. */
export class BusyError extends Error {}

/** Whether a user of the web configuration has this password. Throws a BusyError while too many passwords are compared. */
export type CheckPassword = (user: string, password: string) => Promise<boolean>

/** The number of passwords that are compared or wait for it. Each takes 50 ms or more. */
const mostPending = 8

/**
 * Creates the check of passwords of basic authentication. Results are cached by a keyed hash, because every request contains
 * a password and bcrypt is slow; rejected passwords cannot evict accepted ones. The password of an unknown user is compared
 * with the hash of another user, so that the time does not depend on whether the user exists.
 */
export function createPasswordCheck(
  users: () => ReadonlyMap<string, string>,
  compare: ComparePassword = createBcryptThread()
): CheckPassword {
  const key = randomBytes(32)
  const digestOf = (...texts: readonly string[]) => createHmac('sha256', key).update(JSON.stringify(texts)).digest()
  const results = { accepted: new Set<string>(), rejected: new Set<string>() }
  const pending = new Map<string, Promise<boolean>>()

  const start = (digest: string, password: string, hash: string): Promise<boolean> => {
    if (pending.size >= mostPending) throw new BusyError('too many passwords are being checked')
    const comparison = compare(password, hash)
      .then((isSame) => {
        remember(isSame ? results.accepted : results.rejected, digest)
        return isSame
      })
      .finally(() => pending.delete(digest))
    pending.set(digest, comparison)
    return comparison
  }

  return async (user, password) => {
    const known = users()
    const own = known.get(user)
    const hashes = [...known.values()]
    // Always the same hash for the same name, as for a user that exists.
    const hash = own ?? hashes[digestOf(user).readUInt32BE() % hashes.length]
    if (hash === undefined) return false
    const digest = digestOf(user, hash, password).toString('base64')
    const cached = [results.accepted, results.rejected].find((digests) => digests.has(digest))
    if (cached !== undefined) remember(cached, digest)
    const isSame = cached === undefined ? await (pending.get(digest) ?? start(digest, password, hash)) : cached === results.accepted
    return isSame && own !== undefined
  }
}
