import type { Secret } from '../server/credential.ts'
import type { Server } from '../server/server.ts'
import { readDeclaredSecret } from './declared-secret.ts'
import type { Reading } from './reading.ts'

/** A team whose page needs a token; without tokens everybody may read it. */
export interface Team {
  readonly tokens: readonly Secret[]
}

/** Reads the `teams` of the file; a team that owns nothing is worth a note, since it may be misspelt. */
export function readDeclaredTeams(servers: readonly Server[], reading: Reading): ReadonlyMap<string, Team> {
  const owners = new Set(servers.flatMap(({ databases }) => databases.map(({ team }) => team)))
  return new Map(
    Object.entries(reading.file.shape.teams ?? {}).map(([name, { tokens = [] }]) => {
      if (!owners.has(name)) reading.notes.push(`${reading.file.name}: the team ${name} owns no database that is declared`)
      return [
        name,
        { tokens: tokens.flatMap((token, index) => readDeclaredSecret(token, ['teams', name, 'tokens', String(index)], reading) ?? []) }
      ]
    })
  )
}
