import { test } from 'tap'
import { readConfig } from '../../src/config/config.ts'
import { readSelection } from '../../src/poll/selection.ts'

const [first, second] = readConfig({
  A_DATABASE_URL: 'postgresql://u:p@a/platform',
  B_DATABASE_URL: 'postgresql://u:p@a/labeler',
  C_DATABASE_URL: 'postgresql://u:p@b/platform'
}).servers
if (first === undefined || second === undefined) throw new Error('there are two servers')
const owned = { ...first, databases: first.databases.map((database) => ({ ...database, team: database.name })) }
const servers = [owned, second]

test("a team is shown what is its own or everybody's, where it has a database", async (t) => {
  const shows = readSelection({ team: 'labeler' }, servers)
  t.equal(shows?.('a:5432', ['labeler']), true)
  t.equal(shows?.('a:5432', ['']), true)
  t.equal(shows?.('a:5432', ['platform']), false)
  t.equal(shows?.('a:5432', ['somebody']), false, "nobody's")
  t.equal(shows?.('a:5432', ['platform', 'labeler']), true, 'a statement that ran in both')
  t.equal(shows?.('a:5432', []), false, 'a statement that ran nowhere')
  t.equal(shows?.('b:5432', ['']), false, "a server where it has none is not the team's")
})

test('what is not there cannot be selected', async (t) => {
  t.equal(readSelection({ team: 'nobody' }, servers), undefined)
  t.equal(readSelection({ team: '' }, servers), undefined, 'no team is no team')
  t.equal(readSelection({ server: 'x' }, servers), undefined)
  t.equal(readSelection({ server: 'b:5432', team: 'labeler' }, servers), undefined)
  t.equal(readSelection({ server: 'a:5432', team: 'labeler' }, servers)?.('a:5432', ['labeler']), true)
  t.equal(readSelection({}, servers)?.('b:5432', ['x']), true)
})
