/** Lets at most so many take part at a time; the others wait in line. */
export interface Budget {
  readonly places: number
  /** Waits for a place; the function that comes back gives it up. */
  readonly acquire: () => Promise<() => void>
  /** From now on so many; who is inside stays until he leaves. */
  readonly resize: (places: number) => void
}

/** Makes a budget of sessions. */
export function createBudget(initialPlaces: number): Budget {
  let places = initialPlaces
  let taken = 0
  const waiting: (() => void)[] = []
  const admit = () => {
    while (taken < places && waiting.length > 0) {
      taken++
      waiting.shift()?.()
    }
  }
  return {
    get places() {
      return places
    },
    acquire: async () => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
        admit()
      })
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        taken--
        admit()
      }
    },
    resize: (newPlaces) => {
      places = newPlaces
      admit()
    }
  }
}
