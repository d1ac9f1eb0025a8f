import { setTimeout as wait } from 'node:timers/promises'
import { parseDatabaseUrl } from '../../src/config/database-url.ts'
import { ClassedError, classOf, messageOf } from '../../src/server/error-class.ts'
import { type Conversation, converse } from './conversation.ts'
import { pickMutation } from './mutations.ts'
import { createRandom } from './random.ts'
import { type Case, startReplay } from './replay.ts'

export interface FuzzOptions {
  readonly conversations: readonly Conversation[]
  readonly seed: number
  readonly from: number
  readonly cases: number
  /** Called after each hundred cases. */
  readonly afterHundred?: (done: number) => Promise<void> | void
}

/** A case that must not happen: an exception outside the session, an error of the program, a hang or a leak. */
export interface Defect {
  readonly number: number
  readonly description: string
  readonly problem: string
}

export interface FuzzResult {
  /** The number of cases by outcome: `complete`, or the class of the error. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly mutations: ReadonlyMap<string, number>
  readonly defects: readonly Defect[]
  readonly seconds: number
}

/** Cases that wait for a deadline, which is at most 7 s, wait at the same time. */
const concurrency = 64

/** A case takes longer only if a deadline is missing. */
const longestMs = 30_000

/** Runs the cases of a seed against sessions in this process. Every case depends on the recording, the seed and its number only. */
export async function fuzz({ conversations, seed, from, cases, afterHundred }: FuzzOptions): Promise<FuzzResult> {
  const startedAt = performance.now()
  const caseOf = (number: number) => createCase(conversations, seed, number)
  const replay = await startReplay(caseOf)
  const outcomes = new Map<string, number>()
  const mutations = new Map<string, number>()
  const defects: Defect[] = []
  const running = new Set<number>()
  const add = (number: number, problem: string) => void defects.push({ number, description: describe(caseOf(number)), problem })
  const onUncaught = (error: unknown) => add([...running][0] ?? 0, `uncaught in one of ${[...running].join(', ')}: ${stackOf(error)}`)
  process.on('uncaughtException', onUncaught)
  let next = from
  let done = 0
  const work = async () => {
    while (next < from + cases) {
      const number = next++
      running.add(number)
      const mutation = caseOf(number).fault?.mutation ?? 'none'
      const outcome = await runCase(replay.port, number, (problem) => add(number, problem))
      // On a busy machine, the deadline of a statement can pass.
      if (mutation === 'none' && outcome !== 'complete' && outcome !== 'timeout')
        add(number, `the recorded conversation ends with ${outcome}`)
      const isClosed = await Promise.race([replay.closed(number).then(() => true), wait(5000, false, { ref: false })])
      if (!isClosed) add(number, 'the connection was left open')
      running.delete(number)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      mutations.set(mutation, (mutations.get(mutation) ?? 0) + 1)
      if (++done % 100 === 0) await afterHundred?.(done)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, work))
  } finally {
    replay.stop()
    process.off('uncaughtException', onUncaught)
  }
  return { outcomes, mutations, defects, seconds: (performance.now() - startedAt) / 1000 }
}

/** Every hundredth case is the recorded conversation without a fault. */
export function createCase(conversations: readonly Conversation[], seed: number, number: number): Case {
  const random = createRandom(Math.imul(seed, 1_000_003) + number)
  const conversation = random.pick(conversations)
  if (number % 100 === 0) return { conversation, fault: undefined, random }
  // Faults of the login are as frequent as those of all later turns.
  const turn = random.chance(0.3) ? random.below(Math.min(3, conversation.turns.length)) : random.below(conversation.turns.length)
  return { conversation, fault: { turn, mutation: pickMutation(random) }, random }
}

export function describe({ conversation, fault }: Case): string {
  return fault === undefined ? conversation.name : `${conversation.name}, ${fault.mutation} in turn ${fault.turn}`
}

async function runCase(port: number, number: number, report: (problem: string) => void): Promise<string> {
  const connection = parseDatabaseUrl(`postgresql://fuzz:secret@127.0.0.1:${port}/case_${number}?sslmode=disable`)
  try {
    const late = wait(longestMs, undefined, { ref: false }).then(() => {
      throw new ClassedError('timeout', 'late')
    })
    await Promise.race([converse(connection), late])
    return 'complete'
  } catch (error) {
    if (error instanceof ClassedError && error.message === 'late') report('the session did not end')
    // Errors of the program. A fault is reported with an error that has a class.
    if (/^(Type|Range|Reference)Error$/.test((error as Error).name)) report(stackOf(error))
    if (messageOf(error).length > 100_000) report('the message is long')
    return classOf(error)
  }
}

function stackOf(error: unknown): string {
  return (error as Error).stack ?? String(error)
}
