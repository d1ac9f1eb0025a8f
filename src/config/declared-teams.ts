import type { Secret } from '../server/credential.ts'
import type { Server } from '../server/server.ts'
import { readDeclaredSecret } from './declared-secret.ts'
import type { SecretShape } from './file-shape.ts'
import type { Path } from './located-yaml.ts'
import type { Reading } from './reading.ts'

/** A team and who may read its page. */
export interface Team {
  readonly tokens: readonly Secret[]
}

/** Reads the `teams` of the file; a team that owns nothing is worth a note, since it may be misspelt. */
export function readDeclaredTeams(servers: readonly Server[], reading: Reading): ReadonlyMap<string, Team> {
  const owners = new Set(servers.flatMap(({ databases }) => databases.map(({ team }) => team)))
  return new Map(
    Object.entries(reading.file.shape.teams ?? {}).map(([name, { tokens = [] }]) => {
      if (!owners.has(name)) reading.notes.push(`${reading.file.name}: the team ${name} owns no database that is declared`)
      return [name, { tokens: readTokens(tokens, ['teams', name, 'tokens'], reading) }]
    })
  )
}

/** Reads the tokens of those who may read everything. */
export function readDeclaredTokens(reading: Reading): readonly Secret[] {
  return readTokens(reading.file.shape.tokens ?? [], ['tokens'], reading)
}

function readTokens(shapes: readonly SecretShape[], path: Path, reading: Reading): readonly Secret[] {
  return shapes.flatMap((shape, index) => readDeclaredSecret(shape, [...path, String(index)], reading) ?? [])
}
