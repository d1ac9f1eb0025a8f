import { runTests } from './run-tests.ts'

await runTests((file) => file.startsWith('catalogue/'))
