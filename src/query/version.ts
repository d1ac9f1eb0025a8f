/** A version of PostgreSQL (`[17]`) or of an extension (`[1, 11]`), most significant number first. */
export type Version = readonly number[]

/** Reads the numbers at the beginning of `17`, `1.11` or `1.0-dev`. */
export function parseVersion(text: string): Version {
  const digits = /^\d+(\.\d+)*/.exec(text)
  return digits === null ? [] : digits[0].split('.').map(Number)
}

/** Negative when `left` is older, positive when it is newer; missing numbers count as 0. */
export function compareVersions(left: Version, right: Version): number {
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Formats a version as in a file name or header. */
export function formatVersion(version: Version): string {
  return version.join('.')
}
