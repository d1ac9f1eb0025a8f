import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mountsOf, root, type Service } from '../../deploy/compose-file.ts'

/** A service of docker-compose.yml as a program of this machine can run it. */
export interface LaidOut {
  /** Where a path of the container is on this machine. */
  readonly path: (inContainer: string) => string
  /** The service's command without the program's name, its paths those of this machine. */
  readonly flags: readonly string[]
  /** Changes one of the mounted files; answers what it was and what it is. */
  readonly change: (inContainer: string, changed: (text: string) => string) => readonly [before: string, after: string]
}

/** Puts what a service mounts below a folder, as its container would see it. */
export function layOut(folder: string, service: Service): LaidOut {
  const path = (inContainer: string) => join(folder, inContainer)
  const mounts = mountsOf(service)
  for (const { source, isVolume, target } of mounts) {
    mkdirSync(isVolume ? path(target) : dirname(path(target)), { recursive: true })
    if (!isVolume) cpSync(join(root, source), path(target), { recursive: true })
  }
  const flags = (service.command ?? [])
    .filter((word) => word.startsWith('--'))
    .map((flag) => flag.replace(/(?<==)\/[^/].*$/, (target) => path(target)))
  const change = (inContainer: string, changed: (text: string) => string) => {
    const before = readFileSync(path(inContainer), 'utf8')
    const after = changed(before)
    writeFileSync(path(inContainer), after)
    return [before, after] as const
  }
  return { path, flags, change }
}
