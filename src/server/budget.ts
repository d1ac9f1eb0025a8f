/** Lets at most so many take part at a time; the others wait in line. */
export interface Budget {
  /** Waits for a place; the function that comes back gives it up. */
  readonly acquire: () => Promise<() => void>
}

/** Makes a budget of sessions for one server. */
export function createBudget(places: number): Budget {
  let free = places
  const waiting: (() => void)[] = []
  const release = () => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    acquire: async () => {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      let isReleased = false
      return () => {
        if (!isReleased) release()
        isReleased = true
      }
    }
  }
}
