import { createHmac, pbkdf2Sync } from 'node:crypto'
import { type ClientMessage, serverMessage } from './client-messages.ts'
import { isAuthentication } from './conversation.ts'

const code = (value: number) => Buffer.from([0, 0, 0, value])
const keys = new Map<string, Buffer>()

/**
 * The server's side of SCRAM-SHA-256 for the password `secret`: replaces the nonce of the recorded challenge by that of
 * the client, and calculates the signature.
 */
export function createScram(): (sent: ClientMessage, message: Buffer) => Buffer {
  let clientFirst = ''
  let serverFirst = ''
  return ({ body }, message) => {
    const text = body.toString('latin1')
    if (isAuthentication(message, 11)) {
      clientFirst = /n=[^,]*,r=.*$/.exec(text)?.[0] ?? ''
      const nonce = /r=(.*)$/.exec(clientFirst)?.[1] ?? ''
      serverFirst = message.toString('latin1', 9).replace(/^r=.{24}/, `r=${nonce}`)
      return serverMessage('R', code(11), serverFirst)
    }
    if (isAuthentication(message, 12)) {
      const clientFinal = text.replace(/,p=.*$/, '')
      const signature = createHmac('sha256', serverKey(serverFirst))
        .update([clientFirst, serverFirst, clientFinal].join(','))
        .digest('base64')
      return serverMessage('R', code(12), `v=${signature}`)
    }
    return message
  }
}

function serverKey(serverFirst: string): Buffer {
  const [, salt = '', iterations = '1'] = /,s=([^,]*),i=(\d+)/.exec(serverFirst) ?? []
  const known = keys.get(salt)
  if (known !== undefined) return known
  const salted = pbkdf2Sync('secret', Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const key = createHmac('sha256', salted).update('Server Key').digest()
  keys.set(salt, key)
  return key
}
