import { readFileSync, writeFileSync } from 'node:fs'

/** The host name that a fault moves to another address. */
export const movingName = 'moving.pgvitals.test'

const path = '/etc/hosts'
const mark = '# written by npm run faults'

/** Sets the address of a name in /etc/hosts; without an address, removes the name. Requires root. */
export function setHost(name: string, address?: string): void {
  const kept = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !line.endsWith(mark) && line !== '')
  const own = address === undefined ? [] : [`${address} ${name} ${mark}`]
  writeFileSync(path, `${[...kept, ...own].join('\n')}\n`)
}

process.once('exit', () => {
  if (readFileSync(path, 'utf8').includes(mark)) setHost(movingName)
})
