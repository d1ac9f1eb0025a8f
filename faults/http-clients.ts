import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { readMemory } from '../bench/process-usage.ts'
import { type Context, type Fault, says, type Truth } from './fault.ts'
import { repeat } from './hold-session.ts'
import { startOwn } from './own-process.ts'

/** The memory that an attack may add to the process. */
const mostMegabytes = 150

/** An attack on the process that polls all servers. The server of the fault must stay up, and the memory bounded. */
function attack(name: string, run: (context: Context) => Promise<void>): Fault {
  let before = 0
  const resident = ({ world }: Context) => readMemory(world.pgvitals().child.pid ?? 0).resident / 1e6
  const truth: Truth = {
    says: `pg_up 1, RSS grows by less than ${mostMegabytes} MB`,
    holds: (seen, context) => seen.up(context.victim.name) === 1 && resident(context) - before < mostMegabytes,
    isThroughout: true
  }
  return {
    name,
    group: 'clients',
    isAlone: true,
    holdSeconds: 15,
    inject: async (context) => {
      before = resident(context)
      await run(context)
    },
    truth
  }
}

/** Opens a connection that ends with the fault. */
function open({ world, undo }: Context): Socket {
  const socket = connect(world.port, '127.0.0.1')
  socket.on('error', () => {})
  undo(() => socket.destroy())
  return socket
}

const get = (path = '/metrics') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n`

export const httpClientFaults: readonly Fault[] = [
  attack('1,000 pipelined requests on one connection, whose responses are not read', async (context) => {
    open(context).pause().write(get().repeat(1000))
  }),
  attack('100 clients that request pages and read nothing', async (context) => {
    for (let client = 0; client < 100; client++) open(context).pause().write(get().repeat(3))
  }),
  attack('1,000 connections that send one byte of their headers per second (slowloris)', async (context) => {
    const sockets = Array.from({ length: 1000 }, () => open(context))
    for (const socket of sockets) socket.write('GET /metrics HTTP/1.1\r\nX: ')
    repeat(context, 1000, () => {
      for (const socket of sockets) if (socket.writable) socket.write('x')
    })
  }),
  attack('200 scrapers, each every five seconds', async (context) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 200 })
    context.undo(() => agent.destroy())
    for (let scraper = 0; scraper < 200; scraper++) {
      const timer = setTimeout(() => repeat(context, 5000, () => fetchBytes(context, '/metrics', agent)), scraper * 25)
      context.undo(() => clearTimeout(timer))
    }
  }),
  attack('6,000 requests for different addresses of 10 kB', async (context) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 20 })
    context.undo(() => agent.destroy())
    let number = 0
    const one = async () => {
      while (number < 6000) await fetchBytes(context, `/metrics?server=${number++}${'x'.repeat(10_000)}`, agent).catch(() => {})
    }
    for (let client = 0; client < 20; client++) void one()
  }),
  attack('malformed requests: two lengths, long headers, bytes instead of HTTP', async (context) => {
    const requests = [
      'GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
      `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n',
      'GET /metrics?team=%00%ff HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET http://[::1 HTTP/1.1\r\n\r\n'
    ]
    repeat(context, 100, () => {
      for (const text of requests) {
        const socket = connect(context.world.port, '127.0.0.1').on('error', () => {})
        socket.end(text)
        setTimeout(() => socket.destroy(), 1000)
      }
    })
  }),
  {
    name: 'a website requests the pages under its own name (DNS rebinding)',
    group: 'clients',
    isAlone: true,
    inject: async ({ world }) => {
      for (const path of ['/metrics', '/', '/api/status', '/sd']) {
        const status = await statusFor(world.port, path, { host: 'attacker.example' })
        if (status === 200) throw new Error(`${path} returns 200 to Host: attacker.example`)
      }
    },
    truth: says('no page under a name that is not allowed', () => true)
  },
  {
    name: '2,000 wrong tokens',
    group: 'clients',
    inject: async (context) => {
      const own = await startOwn(context, { configuration: { tokens: ['right'] } })
      const statuses = new Set<number>()
      for (let round = 0; round < 100; round++) {
        const answers = Array.from({ length: 20 }, (_, index) => own.get('/metrics', { authorization: `Bearer wrong-${round}-${index}` }))
        for (const { status } of await Promise.all(answers)) statuses.add(status)
      }
      if (![...statuses].every((status) => status === 401 || status === 429)) throw new Error(`statuses ${[...statuses].join(', ')}`)
      if (!statuses.has(429)) throw new Error('guesses are not slowed (429)')
      // Guesses must not lock out the scraper for longer than a minute.
      for (let second = 0; second < 60; second++) {
        const { status, text } = await own.get('/metrics', { authorization: 'Bearer right' })
        if (status === 200) {
          if (!/^pgvitals_http_auth_failures_total(\{.*\})? [1-9]/m.test(text))
            throw new Error('pgvitals_http_auth_failures_total is absent or 0')
          return
        }
        await sleep(1000)
      }
      throw new Error('the valid token is rejected a minute after the guesses')
    },
    truth: says('401 and 429, counted in pgvitals_http_auth_failures_total', () => true)
  },
  {
    name: 'the token of a team on all pages',
    group: 'clients',
    inject: async (context) => {
      const teams = { labeler: { tokens: ['of-labeler'] }, platform: { tokens: ['of-platform'] } }
      const own = await startOwn(context, { configuration: { tokens: ['of-all'], teams } })
      const paths = ['/metrics', '/', '/api/status', '/sd', '/metrics?server=healthy', '/metrics?team=platform', '/metrics?team=__proto__']
      const more = [
        '/metrics?team=labeler&team=platform',
        '/metrics?team=platform&team=labeler',
        '/metrics?team=',
        '//metrics',
        '/metrics/'
      ]
      for (const path of [...paths, ...more, '/metrics?team=labeler']) {
        const { status, text } = await own.get(path, { authorization: 'Bearer of-labeler' })
        const shown = status === 200 ? /datname="(users|platform)"|"users"|>users</.exec(text)?.[0] : undefined
        if (shown !== undefined) throw new Error(`${path} shows a database of another team: ${shown}`)
        const isOwn = path === '/metrics?team=labeler'
        if (isOwn && !(status === 200 && text.includes('datname="labeler"'))) throw new Error(`the own page has status ${status}`)
      }
    },
    truth: says('only the databases of the team, or 401, 403 or 404', () => true)
  }
]

function fetchBytes({ world }: Context, path: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: world.port, path, agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      response.resume().on('end', resolve).on('error', reject)
    })
    outgoing.on('error', reject).end()
  })
}

function statusFor(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    outgoing.on('error', reject).end()
  })
}
