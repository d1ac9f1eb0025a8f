import { homedir } from 'node:os'

/** The home directory; undefined for a user without one, such as a numeric user of a container without HOME. */
export function homeFolder(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.HOME) return environment.HOME
  try {
    return homedir()
  } catch {
    return undefined
  }
}
