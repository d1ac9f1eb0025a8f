import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Memory of a process, in bytes. */
export interface Memory {
  readonly resident: number
  readonly peak: number
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Reads the memory usage of a process. Source: proc(5), "/proc/pid/status". */
export function readMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM') }
}

/** CPU seconds used by a process, without its children. */
export function readCpuSeconds(pid: number): number {
  const { user, system } = readStat(pid)
  return user + system
}

/** CPU seconds of a PostgreSQL server: the postmaster, its processes and ended sessions. */
export function readServerCpuSeconds(dataDirectory: string): number {
  const postmaster = Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0])
  const own = readStat(postmaster)
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStatIfAlive(Number(name)) ?? [])
    .filter(({ parent }) => parent === postmaster)
  return own.endedChildren + [own, ...children].reduce((sum, { user, system }) => sum + user + system, 0)
}

/**
 * CPU seconds used by a PostgreSQL server for the sessions of one role: its running sessions, all ended ones, and the
 * postmaster, which starts them. The sessions of other roles must not end meanwhile.
 */
export function readRoleCpuSeconds(dataDirectory: string, role: string): number {
  const postmaster = Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0])
  const { user, system, endedChildren } = readStat(postmaster)
  const running = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readStatIfAlive(pid)?.parent === postmaster && readTitle(pid).startsWith(`postgres: ${role} `))
    .flatMap((pid) => readStatIfAlive(pid) ?? [])
  return running.reduce((sum, one) => sum + one.user + one.system, user + system + endedChildren)
}

/** The title of a process; empty if it has ended. */
function readTitle(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

interface Stat {
  readonly parent: number
  readonly user: number
  readonly system: number
  readonly endedChildren: number
}

/** Source: proc(5), "/proc/pid/stat"; the command name can contain any character and ends with the last parenthesis. */
function readStat(pid: number): Stat {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const seconds = (field: number) => Number(fields[field - 3]) / ticksPerSecond
  return { parent: Number(fields[4 - 3]), user: seconds(14), system: seconds(15), endedChildren: seconds(16) + seconds(17) }
}

function readStatIfAlive(pid: number): Stat | undefined {
  try {
    return readStat(pid)
  } catch {
    return undefined
  }
}
