import { runSlow } from './run-tests.ts'

await runSlow('other')
