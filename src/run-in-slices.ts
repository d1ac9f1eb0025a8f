import type { Clock } from './clock.ts'

/** Work that can be interrupted after each step, and is after `end of slice`. It returns the result. */
export type Work<Result> = Generator<undefined | 'end of slice', Result>

/** The duration of a slice. Other events, such as scrapes, wait for one slice of one work at most. */
const sliceMs = 10

/**
 * Does work in slices, with a turn of the event loop after each slice. Several works alternate: each turn has one slice. The
 * first slice is done synchronously. Returns undefined if `isCancelled` returned true between two slices.
 */
export async function runInSlices<Result>(work: Work<Result>, clock: Pick<Clock, 'now'>): Promise<Result>
export async function runInSlices<Result>(
  work: Work<Result>,
  clock: Pick<Clock, 'now'>,
  isCancelled: () => boolean
): Promise<Result | undefined>
export async function runInSlices<Result>(
  work: Work<Result>,
  { now }: Pick<Clock, 'now'>,
  isCancelled: () => boolean = () => false
): Promise<Result | undefined> {
  let startedAt = now()
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) return step.value
    if (step.value !== 'end of slice' && now() - startedAt <= sliceMs) continue
    await nextSlice()
    if (isCancelled()) return undefined
    startedAt = now()
  }
}

/** The works that wait for their next slice. */
const waiting: (() => void)[] = []

/** Waits for a turn without a slice of another work: Node.js would otherwise do all of them before it handles other events. */
function nextSlice(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(startSlice)
  })
}

function startSlice(): void {
  if (waiting.length > 1) setImmediate(startSlice)
  waiting.shift()?.()
}

/** Does all work synchronously. */
export function runAtOnce<Result>(work: Work<Result>): Result {
  let step = work.next()
  while (!step.done) step = work.next()
  return step.value
}
