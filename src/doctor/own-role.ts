/** What a role of pgvitals's own is called, and what else when that one is to be replaced. */
export const ownRoles = ['pgvitals', 'pgvitals_monitor'] as const

/** The first of these names that none of the roles to be replaced has. */
export function chooseOwnRole(replaced: readonly string[]): string {
  return ownRoles.find((name) => !replaced.includes(name)) ?? ownRoles[0]
}
