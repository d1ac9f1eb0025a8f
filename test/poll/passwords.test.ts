import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { Passwords } from '../../src/poll/passwords.ts'
import { connection } from './make-server.ts'

test('the output of a command is used for five minutes, unless the login is rejected or the command fails', async (t) => {
  const number = join(t.testdir(), 'number')
  writeFileSync(number, '')
  const command = ['sh', '-c', `printf x >> '${number}'; cat '${number}'`]
  const passwords = new Passwords()
  const read = (now: number, credential = 'k') => passwords.read({ ...connection, password: { command } }, credential, now)
  t.equal(await read(0), 'x')
  t.equal(await read(299_999), 'x')
  t.equal(await read(299_999, 'other'), 'xx')
  t.equal(await read(300_000), 'xxx')
  passwords.forget('k')
  t.equal(await read(300_000), 'xxxx')

  const failing = { ...connection, password: { command: ['sh', '-c', `printf y >> '${number}'; exit 1`] } }
  await t.rejects(passwords.read(failing, 'failing', 0), /exit code 1/)
  await t.rejects(passwords.read(failing, 'failing', 0), /exit code 1/)
  t.equal(readFileSync(number, 'utf8'), 'xxxxyy')
})

test('a password in a file is read for every connection', async (t) => {
  const file = join(t.testdir(), 'password')
  const passwords = new Passwords()
  for (const text of ['one', 'two']) {
    writeFileSync(file, text)
    t.equal(await passwords.read({ ...connection, password: { file } }, 'k', 0), text)
  }
})
