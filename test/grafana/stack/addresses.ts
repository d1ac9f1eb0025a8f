/** The ports of the services on this machine, by `name:port` in the network of the containers. */
export type Ports = Readonly<Record<string, number>>

/** Replaces the addresses of the containers' network in a file by those of this machine. */
export function onThisMachine(text: string, ports: Ports): string {
  let result = text
  for (const [address, port] of Object.entries(ports)) {
    const [host, inContainer] = address.split(':')
    result = result
      .replaceAll(address, `127.0.0.1:${port}`)
      .replaceAll(new RegExp(`host: ${host}(\\s+)port: ${inContainer}\\b`, 'g'), `host: 127.0.0.1$1port: ${port}`)
  }
  return result
}

/** Shortens the intervals of scrapes, rules, alerts and alert groups: one second for a minute. */
export function shortened(text: string): string {
  const shorter = (key: string, count: string, unit: string) =>
    `${key}: ${Math.max(1, Math.round((({ s: 1, m: 60, h: 3600, d: 86400 }[unit] ?? 0) * Number(count)) / 60))}s`
  return text.replaceAll(
    /\b(for|keep_firing_for|interval|scrape_interval|evaluation_interval|group_wait|group_interval): (\d+)([smhd])$/gm,
    (_, ...found) => shorter(found[0], found[1], found[2])
  )
}

/** The lines of `before` that differ in `after`. */
export function changedLines(before: string, after: string): readonly string[] {
  const lines = after.split('\n')
  return before.split('\n').filter((line, index) => line !== lines[index])
}
