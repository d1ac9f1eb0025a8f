import { Agent } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { scrape } from './scrape.ts'

/** Scrapes the page twice a second in a thread of its own, so that the work of the faults does not delay a response. */
const { url } = workerData as { readonly url: string }
const agent = new Agent({ keepAlive: true })
// Scrapes do not wait for each other, so that a slow one does not hide others.
setInterval(() => void scrape(url, agent).then((one) => parentPort?.postMessage(one)), 500)
