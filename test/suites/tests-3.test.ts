import { runSuite } from './run-tests.ts'

await runSuite('tests')
