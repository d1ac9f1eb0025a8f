/** A line through points by least squares. */
export interface Line {
  readonly slope: number
  readonly mean: number
}

/** Fits a line through `[x, y]`; the slope is 0 with fewer than two different x. */
export function fitLine(points: readonly (readonly [number, number])[]): Line {
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, mean] = [meanOf(points.map(([x]) => x)), meanOf(points.map(([, y]) => y))]
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - mean), 0)
  return { slope: variance === 0 ? 0 : covariance / variance, mean }
}
