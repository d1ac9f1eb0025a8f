import { test } from 'tap'
import { statementText } from '../../src/statements/statement-text.ts'

const shown: readonly (readonly [string, string])[] = [
  ['select *\n  from item where id = $1 -- all of them', 'select * from item where id = $1'],
  ['/* app:web */ insert into t values ($1, $2)', 'insert into t values ($1, $2)'],
  ["select 'it''s', E'a\\'b', U&'\\0041', $$x$$, $tag$y$tag$", "select '***', '***', '***', '***', '***'"],
  ["select E'a'\n  'b\\'c' as x", "select '***' as x"],
  ['select "it\'s" from "a""b"', 'select "it\'s" from "a""b"'],
  ['select a$$b from t', 'select a$$b from t'],
  ["select /* a /* b */ it's */ 1", 'select 1'],
  ["alter role app password 'hunter2'", 'alter role app password …'],
  ['alter role app password $$1hunter2secret$$', 'alter role app password …'],
  ["alter role app /* a /* b */ it's */ password 'hunter2'", 'alter role app password …'],
  ["alter role app password 'a\\'hunter2'", 'alter role app password …'],
  ['alter table a$$b rename to password', 'alter table a$$b rename to password'],
  ['set app.token = "hunter2"', 'set app.token …'],
  ['set app.token to hunter2', 'set app.token …'],
  ['alter role app set app.token to hunter2', 'alter role app set app.token …'],
  ['copy (select * from card where pan = 4111111111111111) to stdout', 'copy (select * from card where pan …'],
  ['create index labels_task on labels (task)', 'create index labels_task on labels (task)'],
  ["do $$ begin perform 'hunter2'; end $$", 'do …'],
  ["select 'a\\' , 'hunter2'", 'select …'],
  ["select 'open hunter2", "select '***'"]
]

test('a text is shown on one line, without comments, strings and the values of utility statements', async (t) => {
  for (const [text, expected] of shown) t.equal(statementText(text, 300), expected)
})

test('a text is cut between characters', async (t) => {
  t.equal(statementText(`select ${'😀'.repeat(50)}`, 20), `select ${'😀'.repeat(12)}…`)
  t.equal(statementText('select 1', 8), 'select 1')
})
