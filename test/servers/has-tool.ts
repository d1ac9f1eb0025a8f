import { execFileSync } from 'node:child_process'
import type { Test } from 'tap'

const installed = new Map<string, boolean>()

/** Whether a tool is installed. If not, the test names the Debian package; it fails in CI, where no test may be skipped. */
export function hasTool(t: Test, tool: string, debianPackage: string): boolean {
  const isInstalled = installed.get(tool) ?? isFound(tool)
  installed.set(tool, isInstalled)
  if (isInstalled) return true
  const message = `${tool} is not installed; apt-get install ${debianPackage}`
  if (process.env.CI === 'true') t.fail(message)
  else t.comment(message)
  return false
}

function isFound(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
