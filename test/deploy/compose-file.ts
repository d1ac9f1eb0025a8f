import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The top folder, to which the paths of docker-compose.yml are relative. */
export const root = join(import.meta.dirname, '..', '..')

/** The keys of a service that the tests read. */
export interface Service {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, object>>
}

/** A line of `volumes`: a path of the repository or the name of a volume, and its path in the container. */
export interface Mount {
  readonly source: string
  readonly isVolume: boolean
  readonly target: string
  readonly isReadOnly: boolean
}

/** The text of docker-compose.yml. */
export const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8')

/** Parses docker-compose.yml with these variables, or their defaults. */
export function readCompose(variables: Readonly<Record<string, string>> = {}): Readonly<Record<string, Service>> {
  const text = composeText.replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, value: string) => variables[name] ?? value)
  return parse(text).services
}

/** The volumes and paths that a service mounts. */
export function mountsOf({ volumes = [] }: Service): readonly Mount[] {
  return volumes.map((line) => {
    const [source = '', target = '', mode] = line.split(':')
    return { source, isVolume: !source.startsWith('.'), target, isReadOnly: mode === 'ro' }
  })
}
