import { runSuite } from './run-tests.ts'

await runSuite('catalogue')
