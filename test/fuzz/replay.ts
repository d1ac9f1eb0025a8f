import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type ClientMessage, readClient } from './client-messages.ts'
import type { Conversation } from './conversation.ts'
import { type MutationName, mutate, type Sent } from './mutations.ts'
import type { Random } from './random.ts'
import { createScram } from './scram.ts'

/** How one connection is served. */
export interface Case {
  readonly conversation: Conversation
  /** The faulty turn; undefined for the recorded conversation. */
  readonly fault: { readonly turn: number; readonly mutation: MutationName } | undefined
  readonly random: Random
}

/** A server that replays conversations. The database name `case_<number>` chooses the case. */
export interface Replay {
  readonly port: number
  /** Resolves when the client has closed its connections of a case. */
  readonly closed: (number: number) => Promise<void>
  readonly stop: () => void
}

/** After a fault, the server ends the connection if the client waits for more than this time, so that few cases wait for a deadline. */
const patienceMs = 20

export async function startReplay(caseOf: (number: number) => Case): Promise<Replay> {
  const connections = new Map<number, Promise<unknown>[]>()
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    let served: { readonly case: Case; readonly answer: (message: ClientMessage) => void } | undefined
    const read = readClient((message) => {
      if (served === undefined) {
        const number = Number(/database\0case_(\d+)\0/.exec(message.body.toString('latin1'))?.[1])
        const closed = new Promise((resolve) => socket.once('close', resolve))
        connections.set(number, [...(connections.get(number) ?? []), closed])
        const one = caseOf(number)
        served = { case: one, answer: serve(socket, one) }
      }
      served.answer(message)
    })
    socket.on('data', (chunk) => {
      try {
        read(chunk)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    closed: async (number) => {
      await Promise.all(connections.get(number) ?? [])
      connections.delete(number)
    },
    stop: () => void server.close()
  }
}

function serve(socket: Socket, { conversation: { turns }, fault, random }: Case): (message: ClientMessage) => void {
  const scram = createScram()
  let number = 0
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<unknown> = Promise.resolve()
  socket.on('close', () => clearTimeout(timer))
  return (message) => {
    const messages = (turns[number] ?? []).map((one) => scram(message, one))
    const isFaulty = number === fault?.turn
    const sent = isFaulty ? mutate(fault.mutation, messages, random) : { chunks: messages, after: 'more' as const }
    const isPatient = isFaulty && random.chance(0.01)
    number++
    sending = sending.then(() => send(socket, sent))
    clearTimeout(timer)
    if (fault === undefined || number <= fault.turn || sent.after !== 'more' || isPatient) return
    timer = setTimeout(() => socket.destroy(), patienceMs)
  }
}

async function send(socket: Socket, { chunks, after }: Sent): Promise<void> {
  for (const chunk of chunks) {
    socket.write(chunk)
    if (chunks.length > 1) await turn()
  }
  if (after === 'close') socket.end()
  if (typeof after !== 'object') return
  while (!socket.destroyed) {
    if (!socket.write(after.endless)) await drained(socket)
  }
}

/** Resolves when more can be written, or when the socket is closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
