import { test } from 'tap'
import type { ConfigSources } from '../../src/config/config-sources.ts'
import { readDeclaredTeams } from '../../src/config/declared-teams.ts'

test('the users of a team are users of the web configuration; a misspelt user, who would see everything, is an error', async (t) => {
  const errors: string[] = []
  const file = {
    name: 'pgvitals.yaml',
    shape: { teams: { labeler: { users: ['ann', 'anne-mary', 'x'] }, platform: { users: ['ann'] } } },
    addError: (path: readonly string[], message: string) => void errors.push(`${path.join('.')}: ${message}`)
  }
  const sources = { file, notes: [] as string[] } as unknown as ConfigSources
  const teams = readDeclaredTeams([], new Set(['ann', 'anne-marie']), sources)
  t.same(teams.get('labeler')?.users, ['ann', 'anne-mary', 'x'])
  t.same(teams.get('platform')?.users, ['ann'], 'a user may belong to several teams')
  t.same(errors, [
    'teams.labeler.users.1: unknown user "anne-mary"; did you mean "anne-marie"? add it to basic_auth_users of PGVITALS_WEB_CONFIG',
    'teams.labeler.users.2: unknown user "x"; add it to basic_auth_users of PGVITALS_WEB_CONFIG'
  ])
})
