import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Prints the functions with the highest self time of a CPU profile: `node --import tsx bench/profile.ts FILE`. */

/** A function of a profile. */
export interface FunctionTime {
  readonly name: string
  readonly milliseconds: number
  /** Of the time in which the process was not idle, 0 to 1. */
  readonly share: number
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  /** The id of the node of each sample, and the time since the previous sample in microseconds. */
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const waits = new Set(['(idle)', '(root)'])

/** The functions with the highest self time, without the time in which the process waited. */
export function readTop(file: string, count: number): readonly FunctionTime[] {
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(file, 'utf8'))
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const times = new Map<string, number>()
  // A sample is taken at the end of its delta, so the time until the next one belongs to it.
  samples.forEach((id, index) => {
    const name = names.get(id) ?? ''
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index + 1] ?? 0) / 1000)
  })
  for (const name of waits) times.delete(name)
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  return [...times]
    .map(([name, milliseconds]) => ({ name, milliseconds, share: milliseconds / total }))
    .sort((left, right) => right.milliseconds - left.milliseconds)
    .slice(0, count)
}

export function renderTop(functions: readonly FunctionTime[]): string {
  const rows = functions.map(
    ({ name, milliseconds, share }) => `| ${name} | ${milliseconds.toFixed(0)} ms | ${(share * 100).toFixed(1)} % |`
  )
  return ['| function | self time | share |', '|---|---:|---:|', ...rows, ''].join('\n')
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)'
  return url === '' ? name : `${name} ${url.replace(/^.*\/(node_modules|dist)\//, '')}:${lineNumber + 1}`
}

const [, script = '', file] = process.argv
if (basename(script) === 'profile.ts' && file !== undefined) process.stdout.write(renderTop(readTop(file, 10)))
