/** One message of a client; the start-up message has no type. */
export interface ClientMessage {
  readonly type: string
  readonly body: Buffer
}

/** The messages after which a client waits for the server: start-up, password, simple query and Sync. */
const waiting: ReadonlySet<string> = new Set(['', 'p', 'Q', 'S'])

/** Splits the bytes of a client into messages. Calls `flushed` after each message after which the client waits. */
export function readClient(flushed: (message: ClientMessage) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let isStarted = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const header = isStarted ? 1 : 0
      if (rest.length < header + 4) return
      const end = header + rest.readUInt32BE(header)
      if (rest.length < end) return
      const message = { type: rest.toString('latin1', 0, header), body: rest.subarray(header + 4, end) }
      rest = rest.subarray(end)
      isStarted = true
      if (waiting.has(message.type)) flushed(message)
    }
  }
}

/** Splits the bytes of a server into messages. */
export function splitMessages(bytes: Buffer): readonly Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    messages.push(bytes.subarray(at, at + 1 + bytes.readUInt32BE(at + 1)))
  }
  return messages
}

/** A message of a server. */
export function serverMessage(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
