/** Runs works one after the other, each when the one before has ended, well or not. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** What is asked for the same memory by two sessions must not be read into it at once, nor the older answer last. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
}
