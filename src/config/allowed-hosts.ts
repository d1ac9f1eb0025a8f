/** Reads the comma-separated names in `PGVITALS_ALLOWED_HOSTS`. Adds an error for anything else, such as an address with a port. */
export function readAllowedHosts(text: string, errors: string[]): readonly string[] {
  const names = text.split(',').flatMap((name) => name.trim().toLowerCase() || [])
  for (const name of names) {
    if (name === '*' || /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name)) continue
    errors.push(
      `PGVITALS_ALLOWED_HOSTS: ${JSON.stringify(name)} is not a host name; expected names without scheme and port, such as metrics.example.com,*.example.net`
    )
  }
  return names
}
