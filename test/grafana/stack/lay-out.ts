import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mountsOf, root, type Service } from '../../deploy/compose-file.ts'

/** A service of docker-compose.yml, prepared to run on this machine. */
export interface LaidOut {
  /** The path on this machine of a path in the container. */
  readonly path: (inContainer: string) => string
  /** The flags of the service's command, with paths of this machine. */
  readonly flags: readonly string[]
  /** Changes a mounted file; returns its previous and its new text. */
  readonly change: (inContainer: string, changed: (text: string) => string) => readonly [before: string, after: string]
}

/** Copies the mounts of a service below a folder, at their paths in the container. */
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
