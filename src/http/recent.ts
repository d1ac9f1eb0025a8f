/** The number of texts that are remembered. */
const mostRemembered = 1000

/** Adds a text to a set of recent ones, or marks it as recent again. The set has a bound. */
export function remember(recent: Set<string>, text: string): void {
  recent.delete(text)
  recent.add(text)
  const [oldest] = recent
  if (recent.size > mostRemembered && oldest !== undefined) recent.delete(oldest)
}
