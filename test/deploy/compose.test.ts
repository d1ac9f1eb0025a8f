import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { Ajv } from 'ajv'
import { test } from 'tap'
import { parse } from 'yaml'
import { composeText, mountsOf, readCompose, root } from './compose-file.ts'
import { composeSchema } from './compose-schema.ts'

const services = Object.entries(readCompose())
const read = (path: string) => readFileSync(join(root, path), 'utf8')
/** An image version that a rebuild can change only by a newer base system. */
const pinned = /^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$/

test('docker-compose.yml conforms to the Compose Specification', async (t) => {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(composeSchema)
  t.ok(validate(parse(composeText)), JSON.stringify(validate.errors))
  t.notOk(validate(parse(composeText.replace('healthcheck:', 'heathcheck:'))), 'a misspelled key is an error')
})

test('every service has a pinned image or is built here, and has a health check', async (t) => {
  for (const [name, { image, build, healthcheck }] of services) {
    if (build === undefined) t.match(image, pinned, name)
    else t.ok(statSync(join(root, build, 'Dockerfile')).isFile(), name)
    t.ok(healthcheck, `${name} has a health check`)
  }
  for (const [, image] of read('Dockerfile').matchAll(/^FROM (\S+)/gm)) t.match(image, pinned, 'Dockerfile')
})

test('ports are reachable from this machine only', async (t) => {
  const ports = services.flatMap(([, service]) => service.ports ?? [])
  t.same(
    ports.filter((port) => !port.startsWith('127.0.0.1:')),
    []
  )
  t.equal(new Set(ports.map((port) => port.split(':')[1])).size, ports.length, 'the ports differ')
})

test('every mounted path exists, has the type that the container expects, and is read-only', async (t) => {
  const volumes = Object.keys(parse(composeText).volumes)
  for (const [name, service] of services) {
    for (const { source, isVolume, target, isReadOnly } of mountsOf(service)) {
      if (isVolume) t.ok(volumes.includes(source), `${name}: the volume ${source} is declared`)
      else {
        // Docker creates a folder for a missing path, and the container then has a folder instead of a file.
        t.equal(statSync(join(root, source)).isFile(), extname(target) === '.yml', `${name}: ${source} is mounted as ${target}`)
        t.ok(isReadOnly, `${name}: ${source} is mounted read-only`)
      }
    }
  }
})

test('services depend on services that exist', async (t) => {
  const names = services.map(([name]) => name)
  for (const [name, { depends_on: others = {} }] of services) {
    t.same(
      Object.keys(others).filter((other) => !names.includes(other)),
      [],
      name
    )
  }
})

test('every address in the mounted files is a service and the port on which it listens', async (t) => {
  const known: Readonly<Record<string, string>> = { webhook: '9095' }
  const listens = (service: string) => known[service] ?? readCompose()[service]?.ports?.[0]?.split(':').at(-1)
  const files = ['prometheus/prometheus.yml', 'alertmanager/alertmanager.yml', 'pgvitals/pgvitals.yaml'].map((file) => `deploy/${file}`)
  const texts = [...files, 'grafana/provisioning/datasources/prometheus.yml'].map(read)
  const addresses = texts.flatMap((text) => [...text.matchAll(/(?:\[|http:\/\/)([a-z]+):(\d+)|host: (\w+)\s+port: (\d+)/g)])
  t.equal(addresses.length, 7)
  for (const [, host = '', port, server, serverPort] of addresses) t.equal(listens(host || (server ?? '')), port ?? serverPort, host)
  t.match(read('deploy/webhook/receive.mjs'), '9095')
})

test('Grafana reads the dashboards from the mounted folder', async (t) => {
  const { grafana } = readCompose()
  const boards = mountsOf(grafana ?? {}).find(({ source }) => source === './grafana/dashboards')
  t.equal(parse(read('grafana/provisioning/dashboards/pgvitals.yml')).providers[0].options.path, boards?.target)
  const home = grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? ''
  t.equal(home, join(boards?.target ?? '', basename(home)))
  t.ok(statSync(join(root, 'grafana/dashboards', basename(home))).isFile())
})

test('every password is a variable, and no mounted file contains one', async (t) => {
  for (const [name, { environment = {} }] of Object.entries<{ environment?: Record<string, string> }>(parse(composeText).services)) {
    const secrets = Object.entries(environment).filter(([key]) => key.endsWith('PASSWORD'))
    for (const [key, value] of secrets) t.match(value, /^\$\{[A-Z]+_PASSWORD:-devpass\}$/, `${name}: ${key}`)
  }
  const page = read('docs/deploy.md')
  for (const [, variable = ''] of composeText.matchAll(/\$\{(\w+):-/g))
    t.match(page, `\`${variable}\``, `docs/deploy.md documents ${variable}`)
  for (const file of readdirSync(join(root, 'deploy'), { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(root, 'deploy', file)).isFile()) t.notMatch(read(join('deploy', file)), 'devpass', file)
  }
})

test('the image contains every folder and file of the package', async (t) => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (.*) (\S+)$/gm)].map(([, sources = '', target = '']) => ({ sources, target }))
  const fromHere = copied.filter(({ sources }) => !sources.startsWith('--from')).flatMap(({ sources }) => sources.split(' '))
  const ignored = read('.dockerignore').split('\n')
  for (const path of fromHere) {
    t.ok(statSync(join(root, path)), path)
    t.notOk(ignored.includes(path), `${path} is not ignored`)
  }
  const inImage = [...fromHere, ...copied.map(({ target }) => target)]
  for (const path of JSON.parse(read('package.json')).files) t.ok(inImage.includes(path), `the image has ${path}`)
  t.ok(inImage.includes('LICENSE'))
  t.match(read('Dockerfile').split('the image runs without privileges').at(-1), /^USER node$/m, 'it runs without privileges')
})
