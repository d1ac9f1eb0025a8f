import { ClassedError } from './error-class.ts'

/**
 * What the server may send next: during the login, after it, between two exchanges (`idle`), and during an exchange with
 * one statement (from `before` or `parsed` on) or with commands whose results are discarded (from `commands` on).
 */
export type State = keyof typeof next

/**
 * The next state by message type; R with the code of the authentication request. ErrorResponse and messages that may
 * arrive at any time are treated in `MessageOrder`. The password is sent once. A server that begins SCRAM must prove
 * that it has the password's verifier (R12) before it accepts the login.
 * Source: PostgreSQL's documentation, "Message Flow".
 */
const next = {
  login: { R0: 'startup', R3: 'password', R5: 'password', R10: 'sasl' },
  password: { R0: 'startup' },
  sasl: { R11: 'challenged' },
  challenged: { R12: 'verified' },
  verified: { R0: 'startup' },
  startup: { K: 'startup', Z: 'idle' },
  idle: {},
  before: { '1': 'before', '2': 'before', '3': 'before', C: 'parsed' },
  parsed: { '1': 'parsed', '2': 'parsed', '3': 'parsed', T: 'rows', n: 'no rows' },
  rows: { D: 'rows', C: 'complete' },
  'no rows': { C: 'complete', I: 'complete', G: 'copy in', H: 'copy out' },
  'copy in': {},
  'copy out': { d: 'copy out', c: 'copy out', C: 'complete' },
  complete: { Z: 'idle' },
  commands: { T: 'commands', D: 'commands', C: 'commands complete', I: 'commands complete' },
  'commands complete': { T: 'commands complete', D: 'commands complete', C: 'commands complete', I: 'commands complete', Z: 'idle' },
  failed: { Z: 'idle' },
  ended: {}
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

const duringLogin: ReadonlySet<State> = new Set(['login', 'password', 'sasl', 'challenged', 'verified'])

/** The states in which an error ends the session, because no exchange is in progress. */
const withoutExchange: ReadonlySet<State> = new Set([...duringLogin, 'startup', 'idle', 'ended'])

const mebibyte = 1024 * 1024

/** The maximum size of all messages for one statement, including rows beyond the limit, and at the login or between two statements. */
export const maxExchangeBytes = 256 * mebibyte
export const maxIdleBytes = mebibyte

/** The minimum size with which a message counts. Reading a small message costs more than its bytes suggest. */
const smallestCharge = 32

/** Rows, copied data and notices. The number of messages of all other types is limited. */
const manyTypes: ReadonlySet<string> = new Set('DdN')
const maxFewMessages = 1024

/**
 * Checks the order and the amount of the messages of one connection. Throws if a message is not expected: a late
 * message would otherwise become part of the result of the next statement. A server that sends without end is limited by
 * the deadline of the exchange and by an amount.
 */
export class MessageOrder {
  #state: State = 'login'
  #limit = maxIdleBytes
  #left = maxIdleBytes

  get state(): State {
    return this.#state
  }

  /** Begins an exchange. */
  begin(state: 'before' | 'parsed' | 'commands'): void {
    this.#state = state
    this.#allow(maxExchangeBytes)
  }

  /** Accepts a message. `kind` is its type, for R with the code of the request. */
  accept(kind: string, bytes: number): void {
    this.#charge(Math.max(bytes, manyTypes.has(kind) ? smallestCharge : this.#limit / maxFewMessages))
    const state = this.#state
    if (kind === 'N' || ((kind === 'S' || kind === 'A') && !duringLogin.has(state))) return
    const following: Readonly<Record<string, State>> = next[state]
    const to = kind === 'E' && state !== 'ended' ? (withoutExchange.has(state) ? 'ended' : 'failed') : following[kind]
    if (to === undefined) throw new ClassedError('network', `the server sent an unexpected message (${describe(kind, state)}); ${closed}`)
    this.#state = to
    if (to === 'idle') this.#allow(maxIdleBytes)
  }

  #allow(bytes: number): void {
    this.#limit = bytes
    this.#left = bytes
  }

  #charge(bytes: number): void {
    this.#left -= bytes
    if (this.#left >= 0) return
    const isIdle = withoutExchange.has(this.#state)
    throw isIdle
      ? new ClassedError('network', `the server sent too many messages outside a statement; ${closed}`)
      : new ClassedError(
          'resources',
          `the server sent more than ${maxExchangeBytes / mebibyte} MB or too many messages for one statement; ${closed}`
        )
  }
}

const closed = 'the connection was closed'

function describe(kind: string, state: State): string {
  return `type ${kind} in state "${state}"`
}
