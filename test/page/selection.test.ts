import { test } from 'tap'
import { readSelection } from '../../src/page/selection.ts'
import { readConfig } from '../config/read-config.ts'

const [first, second] = readConfig({
  A_DATABASE_URL: 'postgresql://u:p@a/platform',
  B_DATABASE_URL: 'postgresql://u:p@a/labeler',
  C_DATABASE_URL: 'postgresql://u:p@b/platform'
}).servers
if (first === undefined || second === undefined) throw new Error('two servers are configured')
const owned = { ...first, databases: first.databases.map((database) => ({ ...database, team: database.name })) }
const servers = [owned, second]

test('a team gets its own series and those of the server, where it owns a database', async (t) => {
  const isSelected = readSelection({ team: 'labeler' }, servers)
  t.equal(isSelected?.('a:5432', ['labeler']), true)
  t.equal(isSelected?.('a:5432', ['']), true)
  t.equal(isSelected?.('a:5432', ['platform']), false)
  t.equal(isSelected?.('a:5432', ['unowned']), false, 'a database without a team')
  t.equal(isSelected?.('a:5432', ['platform', 'labeler']), true, 'a statement that ran in both')
  t.equal(isSelected?.('a:5432', []), false, 'a statement that ran nowhere')
  t.equal(isSelected?.('b:5432', ['']), false, 'a server where it owns no database')
})

test('a server or team that is not configured cannot be selected', async (t) => {
  t.equal(readSelection({ team: 'nobody' }, servers), undefined)
  t.equal(readSelection({ team: '' }, servers), undefined, 'the empty team owns nothing')
  t.equal(readSelection({ server: 'x' }, servers), undefined)
  t.equal(readSelection({ server: 'b:5432', team: 'labeler' }, servers), undefined)
})

test('a server, a team of a server, and everything can be selected', async (t) => {
  t.equal(readSelection({ server: 'b:5432' }, servers)?.('b:5432', ['x']), true)
  t.equal(readSelection({ server: 'b:5432' }, servers)?.('a:5432', ['x']), false)
  t.equal(readSelection({ server: 'a:5432', team: 'labeler' }, servers)?.('a:5432', ['labeler']), true)
  t.equal(readSelection({}, servers)?.('b:5432', ['x']), true)
})
