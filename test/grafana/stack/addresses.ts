/** Where the services listen on this machine, by name and by the port in their container. */
export type Ports = Readonly<Record<string, number>>

/** A file of the stack with its addresses in the containers' network replaced by those of this machine. */
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

/** Everything that waits waits a second for what would be a minute, so that nobody else has to: scrapes, rules, alerts and their groups. */
export function inHaste(text: string): string {
  const shorter = (key: string, count: string, unit: string) =>
    `${key}: ${Math.max(1, Math.round((({ s: 1, m: 60, h: 3600, d: 86400 }[unit] ?? 0) * Number(count)) / 60))}s`
  return text.replaceAll(
    /\b(for|interval|scrape_interval|evaluation_interval|group_wait|group_interval): (\d+)([smhd])$/gm,
    (_, ...found) => shorter(found[0], found[1], found[2])
  )
}

/** The lines that differ, as they were. */
export function changedLines(before: string, after: string): readonly string[] {
  const lines = after.split('\n')
  return before.split('\n').filter((line, index) => line !== lines[index])
}
