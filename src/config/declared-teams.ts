import type { Secret } from '../server/credential.ts'
import type { Server } from '../server/server.ts'
import type { SecretShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import type { Path } from './located-yaml.ts'
import { readDeclaredSecret } from './secret.ts'

/** A team and the tokens that give access to its page. */
export interface Team {
  readonly tokens: readonly Secret[]
}

/** Reads the `teams` of the file. A team that owns no declared database may be misspelt and gets a note. */
export function readDeclaredTeams(servers: readonly Server[], sources: ConfigSources): ReadonlyMap<string, Team> {
  const owners = new Set(servers.flatMap(({ databases }) => databases.map(({ team }) => team)))
  return new Map(
    Object.entries(sources.file.shape.teams ?? {}).map(([name, { tokens = [] }]) => {
      if (!owners.has(name)) sources.notes.push(`${sources.file.name}: teams.${name}: the team owns no declared database`)
      return [name, { tokens: readTokens(tokens, ['teams', name, 'tokens'], sources) }]
    })
  )
}

/** Reads the tokens that give access to everything. */
export function readDeclaredTokens(sources: ConfigSources): readonly Secret[] {
  return readTokens(sources.file.shape.tokens ?? [], ['tokens'], sources)
}

function readTokens(shapes: readonly SecretShape[], path: Path, sources: ConfigSources): readonly Secret[] {
  return shapes.flatMap((shape, index) => readDeclaredSecret(shape, [...path, String(index)], sources) ?? [])
}
