import { execSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../../deploy/compose-file.ts'

/** The entrypoint of an image, and the folder of its files. */
export interface BuiltImage {
  readonly folder: string
  readonly entrypoint: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** The test runner preloads modules into every Node process by NODE_OPTIONS; the compiler fails with them. */
const alone = 'unset NODE_OPTIONS'

/** `npm ci` with the lock file of the repository has the packages of the repository, which links copy without a download. */
const install = `cp -al ${join(root, 'node_modules')}/. node_modules`

/** The command that the init process of the image runs: packages of Alpine are not installed. */
function withoutInit(entrypoint: readonly string[]): readonly string[] {
  return entrypoint.slice(entrypoint.indexOf('--') + 1)
}

/** Runs the Dockerfile below a folder, without Docker: each stage is a folder that contains only what is copied into it. */
export function buildImage(below: string): BuiltImage {
  const stages: Record<string, string> = {}
  let folder = ''
  let environment: Readonly<Record<string, string>> = {}
  let entrypoint: readonly string[] = []
  for (const line of readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n')) {
    const [, instruction = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    const words = rest.split(' ')
    if (instruction === 'FROM') {
      const name = words[2] ?? 'image'
      folder = stages[name] = join(below, name)
      mkdirSync(folder)
    } else if (instruction === 'COPY') {
      const [, stage] = /^--from=(\w+)$/.exec(words[0] ?? '') ?? []
      const target = words.at(-1) ?? ''
      for (const source of words.slice(stage ? 1 : 0, -1)) {
        const from = stage ? join(stages[stage] ?? '', basename(source)) : join(root, source)
        cpSync(from, target.endsWith('/') ? join(folder, target, basename(source)) : join(folder, target), { recursive: true })
      }
    } else if (instruction === 'RUN')
      execSync(`${alone}; ${rest.replace(/^npm ci\b.*/, install).replace(/^apk add\b.*/, 'true')}`, {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe']
      })
    else if (instruction === 'ENV') environment = Object.fromEntries(words.map((word) => word.split('=')))
    else if (instruction === 'ENTRYPOINT') entrypoint = withoutInit(JSON.parse(rest))
    else if (!['WORKDIR', 'USER', 'EXPOSE', 'HEALTHCHECK', ''].includes(instruction)) throw new Error(`unknown instruction ${instruction}`)
  }
  return { folder, entrypoint, environment }
}
