import { runAll } from './run-tests.ts'

await runAll('other')
