import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { parseAllDocuments } from 'yaml'
import { checkShardTargets, readShard } from '../../src/config/shard.ts'
import { readConfig } from '../config/read-config.ts'
import { readCompose, root } from './compose-file.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('pgvitals reads the shipped configurations', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgvitals-deploy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'pgvitals.yaml')
  writeFileSync(join(folder, 'password'), 'secret\n')
  const inKubernetes = parseAllDocuments(read('deploy/kubernetes/pgvitals.yaml'))[0]?.toJS().data['pgvitals.yaml']
  for (const text of [read('deploy/pgvitals/pgvitals.yaml'), String(inKubernetes)]) {
    writeFileSync(file, text.replaceAll('/etc/pgvitals-secrets', folder))
    const { servers } = readConfig({ PGVITALS_CONFIG: file, MONITOR_PASSWORD: 'secret' })
    t.match(servers, [{ name: 'main' }])
    t.same(
      servers[0]?.databases.map(({ name, team }) => [name, team]),
      [
        ['platform', 'platform'],
        ['users', 'platform'],
        ['labeler', 'labeler']
      ]
    )
  }
})

test('in Kubernetes pgvitals runs without privileges, finds its files, and probes query no database', async (t) => {
  const [config, set, service] = parseAllDocuments(read('deploy/kubernetes/pgvitals.yaml')).map((document) => {
    t.same([...document.errors, ...document.warnings], [])
    return document.toJS()
  })
  t.same([config.kind, set.kind, service.kind], ['ConfigMap', 'StatefulSet', 'Service'])
  const { spec, metadata } = set.spec.template
  const [container] = spec.containers
  t.match(spec, {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
  })
  t.match(container, {
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    livenessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
    readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' } },
    resources: { requests: {}, limits: {} }
  })
  const variables: Record<string, string> = Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value?: string }) => [name, value ?? ''])
  )
  t.match(
    container.env.slice(1, 3),
    [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }
    ],
    'defined before their use'
  )
  const errors: string[] = []
  const last = `${set.metadata.name}-${set.spec.replicas - 1}`
  const shard = readShard(variables.PGVITALS_SHARD?.replace('$(POD_NAME)', last) ?? '', errors)
  t.same(shard, { index: set.spec.replicas - 1, count: set.spec.replicas }, 'the pods are the shards')
  checkShardTargets(variables.PGVITALS_SHARD_TARGETS ?? '', true, errors)
  t.same(errors, [])
  t.equal(
    variables.PGVITALS_SHARD_TARGETS,
    `${set.metadata.name}-{shard}.${set.spec.serviceName}.$(POD_NAMESPACE):${container.ports[0].containerPort}`,
    'the addresses of the pods in every namespace'
  )
  t.equal(
    variables.PGVITALS_ALLOWED_HOSTS,
    ['', '.svc'].map((suffix) => `${service.metadata.name}.$(POD_NAMESPACE)${suffix}`).join(),
    'Prometheus reads /sd under the names of the Service'
  )
  t.equal(set.spec.serviceName, service.metadata.name)
  t.match(service.spec, { clusterIP: 'None', publishNotReadyAddresses: true })
  t.equal(container.image.split(':').at(-1), JSON.parse(read('package.json')).version, 'the image has the version of the package')
  const mounted = (path: string) => container.volumeMounts.find(({ mountPath }: { mountPath: string }) => path.startsWith(`${mountPath}/`))
  const volume = (name: string) => spec.volumes.find((each: { name: string }) => each.name === name)
  t.equal(volume(mounted(container.env[0].value)?.name)?.configMap.name, config.metadata.name)
  t.ok(Object.hasOwn(config.data, container.env[0].value.split('/').at(-1)))
  const [, secret = ''] = /file: (\S+) \}/.exec(config.data['pgvitals.yaml']) ?? []
  t.equal(volume(mounted(secret)?.name)?.secret.secretName, 'pgvitals')
  t.same(set.spec.selector.matchLabels, metadata.labels)
  t.same(service.spec.selector, metadata.labels)
  t.equal(service.spec.ports[0].targetPort, container.ports[0].name)
  t.match(read('Dockerfile'), `EXPOSE ${container.ports[0].containerPort}\n`)
  t.match(readCompose().pgvitals?.ports?.[0], `:${container.ports[0].containerPort}`)
  t.notMatch(read('deploy/kubernetes/pgvitals.yaml'), /kind: Secret/, 'the repository contains no secret')
})

test('the systemd unit starts the command of the package without privileges', async (t) => {
  const settings = read('deploy/systemd/pgvitals.service')
    .split('\n')
    .filter((line) => line !== '' && !/^[#[]/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  const value = (key: string) => settings.find(([name]) => name === key)?.[1] ?? ''
  t.equal(`./${value('ExecStart').split('/opt/pgvitals/')[1]}`, './dist/main.js')
  t.equal(JSON.parse(read('package.json')).bin.pgvitals, 'dist/main.js')
  t.match(Object.fromEntries(settings), { User: 'pgvitals', NoNewPrivileges: 'yes', ProtectSystem: 'strict', CapabilityBoundingSet: '' })
  t.match(value('ExecReload'), /-HUP \$MAINPID$/)
  const page = read('docs/deploy.md')
  for (const path of ['/etc/pgvitals', '/opt/pgvitals', '/etc/systemd/system']) t.match(page, path)
})

test('every file and folder that docs/deploy.md links to exists', async (t) => {
  for (const [, path = ''] of read('docs/deploy.md').matchAll(/\]\((?!https?:)([^)#]+)(?:#\w+)?\)/g)) {
    t.ok(existsSync(join(root, 'docs', path)), path)
  }
})
