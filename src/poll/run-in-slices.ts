import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'

/** The duration of a slice. Other events, such as scrapes, wait for one slice at most. */
const sliceMs = 20

/**
 * Runs steps in slices, with a turn of the event loop after each slice. The first slice runs synchronously. Stops before
 * the next slice if `isCancelled` returns true.
 */
export async function runInSlices(
  steps: Iterable<() => void>,
  { now }: Pick<Clock, 'now'>,
  isCancelled: () => boolean = () => false
): Promise<void> {
  let startedAt = now()
  for (const step of steps) {
    if (now() - startedAt > sliceMs) {
      await nextTurn()
      if (isCancelled()) return
      startedAt = now()
    }
    step()
  }
}
