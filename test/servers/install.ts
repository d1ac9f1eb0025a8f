import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Runs before the tests (npm's pretest): PostgreSQL 13 to 17, once. The versions are exact; a lock file would have to name
// platforms that not every registry has.
const folder = import.meta.dirname
const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
if (!Object.keys(dependencies).every((name) => existsSync(join(folder, 'node_modules', name)))) {
  execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' })
}
