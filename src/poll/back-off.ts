import type { ErrorClass } from '../server/error-class.ts'
import type { DatabaseState } from './database-state.ts'

const slowRetry: readonly ErrorClass[] = ['auth', 'too_many_connections', 'no_database']

/**
 * A server that is down is tried at every interval, so that the page is right within one. A wrong password or
 * a full server is tried ever more rarely, up to five minutes: neither must get worse by our asking.
 */
export function backOffSeconds({ failure, failures }: Pick<DatabaseState, 'failure' | 'failures'>): number {
  if (failure === undefined || !slowRetry.includes(failure.errorClass)) return 0
  return slowSeconds(failures)
}

/** How long the server is left alone after so many times in a row, a little less than the intervals that fill it. */
export function slowSeconds(times: number): number {
  return Math.min(300, 15 * 2 ** (times - 1)) - 1
}
