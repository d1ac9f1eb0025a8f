import { Agent } from 'node:http'
import { scrape } from './scrape.ts'

/** Scrapes a page twice a second in a process of its own, so that the work of the faults does not delay a response. */
const [, , url = ''] = process.argv
const agent = new Agent({ keepAlive: true })
// Scrapes do not wait for each other, so that a slow one does not hide others.
setInterval(() => void scrape(url, agent).then((one) => process.send?.(one)), 500)
process.once('disconnect', () => process.exit())
