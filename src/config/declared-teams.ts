import type { Secret } from '../server/credential.ts'
import type { Server } from '../server/server.ts'
import type { SecretShape } from './config-file.ts'
import type { ConfigSources } from './config-sources.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Path } from './located-yaml.ts'
import { readDeclaredSecret } from './secret.ts'

/** A team and the logins that give access to its page. */
export interface Team {
  readonly tokens: readonly Secret[]
  /** Users of the web configuration who see the databases of the team only. */
  readonly users: readonly string[]
}

/**
 * Reads the `teams` of the file. A team that owns no declared database may be misspelt and gets a note. A user who is not
 * one of `webUsers`, the users of the web configuration, is an error: a misspelt user would see everything.
 */
export function readDeclaredTeams(
  servers: readonly Server[],
  webUsers: ReadonlySet<string> | undefined,
  sources: ConfigSources
): ReadonlyMap<string, Team> {
  const owners = new Set(servers.flatMap(({ databases }) => databases.map(({ team }) => team)))
  return new Map(
    Object.entries(sources.file.shape.teams ?? {}).map(([name, { tokens = [], users = [] }]) => {
      if (!owners.has(name)) sources.notes.push(`${sources.file.name}: teams.${name}: the team owns no declared database`)
      const path = ['teams', name, 'users']
      for (const [index, user] of users.entries()) {
        if (!webUsers?.has(user)) sources.file.addError([...path, String(index)], explainUnknown(user, webUsers))
      }
      return [name, { tokens: readTokens(tokens, ['teams', name, 'tokens'], sources), users }]
    })
  )
}

function explainUnknown(user: string, webUsers: ReadonlySet<string> | undefined): string {
  if (webUsers === undefined) return 'users need PGVITALS_WEB_CONFIG, a file with basic_auth_users'
  return `unknown user ${JSON.stringify(user)}; ${didYouMean(user, [...webUsers])}add it to basic_auth_users of PGVITALS_WEB_CONFIG`
}

/** Reads the tokens that give access to everything. */
export function readDeclaredTokens(sources: ConfigSources): readonly Secret[] {
  return readTokens(sources.file.shape.tokens ?? [], ['tokens'], sources)
}

function readTokens(shapes: readonly SecretShape[], path: Path, sources: ConfigSources): readonly Secret[] {
  return shapes.flatMap((shape, index) => readDeclaredSecret(shape, [...path, String(index)], sources) ?? [])
}
