import { test } from 'tap'
import { Scrapers } from '../../src/poll/scrapers.ts'

/** Scrapes at this period, in seconds, from one time to another. */
function scrape(scrapers: Scrapers, client: string, server: string | undefined, period: number, from: number, to: number): void {
  for (let seconds = from; seconds <= to; seconds += period) scrapers.scraped(client, server, seconds * 1000)
}

test('a page has been seen when every scraper has received two pages since', async (t) => {
  const scrapers = new Scrapers()
  scrapers.scraped('a', undefined, 0)
  t.ok(scrapers.seenUntil('s', 0) < 0, 'one page may be lost')
  scrapers.scraped('a', undefined, 15_000)
  t.equal(scrapers.seenUntil('s', 15_000), 0)
  scrape(scrapers, 'a', undefined, 15, 30, 120)
  t.equal(scrapers.seenUntil('s', 120_000), 105_000)
  scrape(scrapers, 'b', undefined, 60, 0, 120)
  t.equal(scrapers.seenUntil('s', 120_000), 60_000, 'the slowest scraper decides')
})

test('without a scraper a page has been seen after two minutes', async (t) => {
  const scrapers = new Scrapers()
  t.equal(scrapers.seenUntil('s', 500_000), 380_000)
})

test('a scraper of one server does not receive the others', async (t) => {
  const scrapers = new Scrapers()
  scrape(scrapers, 'whole', undefined, 15, 0, 120)
  scrape(scrapers, 'part', 's', 60, 0, 120)
  t.equal(scrapers.seenUntil('s', 120_000), 60_000)
  t.equal(scrapers.seenUntil('other', 120_000), 105_000)
})

test('one client may scrape several parts', async (t) => {
  const scrapers = new Scrapers()
  scrape(scrapers, 'a', 's', 60, 0, 120)
  scrape(scrapers, 'a', 'other', 15, 0, 120)
  t.equal(scrapers.seenUntil('s', 120_000), 60_000)
  t.equal(scrapers.seenUntil('other', 120_000), 105_000)
})

test('a scraper that misses three of its periods has stopped', async (t) => {
  // Period, last scrape, and how long it is waited for, in seconds.
  for (const [period, last, expected] of [
    [15, 150, 45],
    [1, 10, 10],
    [300, 3000, 600]
  ] as const) {
    const scrapers = new Scrapers()
    scrape(scrapers, 'a', undefined, period, 0, last)
    const end = (last + expected) * 1000
    t.equal(scrapers.seenUntil('s', end), (last - period) * 1000, `${period} s`)
    t.equal(scrapers.seenUntil('s', end + 1), end + 1 - 120_000, `${period} s, stopped`)
  }
})

test('the longest of the last periods counts', async (t) => {
  const scrapers = new Scrapers()
  for (const seconds of [0, 60, 75, 90]) scrapers.scraped('a', undefined, seconds * 1000)
  t.equal(scrapers.seenUntil('s', 270_000), 75_000)
  for (const seconds of [105, 120, 135]) scrapers.scraped('a', undefined, seconds * 1000)
  t.equal(scrapers.seenUntil('s', 180_000), 120_000, 'six pages are remembered')
  t.equal(scrapers.seenUntil('s', 180_001), 60_001)
})

test('a client that has scraped once is expected again for two minutes', async (t) => {
  const scrapers = new Scrapers()
  scrapers.scraped('a', undefined, 0)
  t.ok(scrapers.seenUntil('s', 120_000) < 0)
  t.equal(scrapers.seenUntil('s', 120_001), 1)
})

test('above a thousand scrapers, those with the oldest scrapes are forgotten', async (t) => {
  const scrapers = new Scrapers()
  scrapers.scraped('first', undefined, 0)
  scrapers.scraped('second', 's', 1)
  for (let client = 0; client < 999; client++) {
    for (const now of [2000, 3000]) scrapers.scraped(`client ${client}`, undefined, now)
  }
  t.equal(scrapers.seenUntil('other', 3000), 2000, 'the first one is forgotten')
  t.ok(scrapers.seenUntil('s', 3000) < 0, 'the second one is not')
})

test('clients with ever new addresses freeze nothing for longer than twenty minutes', async (t) => {
  const scrapers = new Scrapers()
  for (let seconds = 0; seconds <= 3600; seconds += 10) scrapers.scraped(`client ${seconds}`, undefined, seconds * 1000)
  t.equal(scrapers.seenUntil('s', 3_600_000), 2_400_000)
})

test('a scraper has received the state of its pages, not that of its requests', async (t) => {
  const scrapers = new Scrapers()
  for (const [builtAt, now] of [
    [1000, 5000],
    [1000, 10_000],
    [11_000, 15_000]
  ] as const) {
    scrapers.scraped('a', undefined, builtAt, now)
  }
  t.equal(scrapers.seenUntil('s', 15_000), 1000, 'the newer page may be lost')
  scrapers.scraped('a', undefined, 11_000, 20_000)
  t.equal(scrapers.seenUntil('s', 20_000), 11_000, 'received twice')
})

test('freezing depends on the time of the data on the pages, expected scrapes on the time of the requests', async (t) => {
  const scrapers = new Scrapers()
  for (const seconds of [0, 15, 30, 45]) scrapers.scraped('a', undefined, seconds * 1000 - 3000, seconds * 1000)
  t.equal(scrapers.seenUntil('s', 45_000), 27_000)
  t.equal(scrapers.seenUntil('s', 90_000), 27_000)
})

test('the next regular scrape of a page is expected at the periods of its scrapers', async (t) => {
  const scrapers = new Scrapers()
  t.equal(scrapers.nextScrape(0), undefined)
  scrape(scrapers, 'a', undefined, 15, 0, 45)
  t.equal(scrapers.nextScrape(45_000), undefined, 'four gaps are needed')
  scrape(scrapers, 'a', undefined, 15, 60, 60)
  t.equal(scrapers.nextScrape(60_000), 75_000)
  t.equal(scrapers.nextScrape(74_999), 75_000)
  t.equal(scrapers.nextScrape(75_000), 90_000, 'the scrape at this time is missing')
  scrape(scrapers, 'b', undefined, 20, 2, 82)
  for (let seconds = 1; seconds <= 85; seconds += 12) scrapers.scraped('c', 's', seconds * 1000, seconds * 1000, 's')
  t.equal(scrapers.nextScrape(82_000), 90_000, 'that of another page is earlier')
  t.equal(scrapers.nextScrape(85_000, 's'), 97_000)
  t.equal(scrapers.nextScrape(91_000), 102_000)
  t.equal(scrapers.nextScrape(1_000_000), undefined, 'both have stopped')
  scrapers.scraped('new', 's', 1_000_000, 1_000_000, 's')
  t.equal(scrapers.nextScrape(1_000_000, 's'), undefined)
})

test('a server is idle if neither its part nor the whole page was scraped for five minutes', async (t) => {
  const scrapers = new Scrapers()
  t.notOk(scrapers.isIdle('s', 0, 300_000), 'it has just started')
  t.ok(scrapers.isIdle('s', 0, 300_001))
  scrapers.scraped('a', 's', 400_000)
  t.notOk(scrapers.isIdle('s', 0, 700_000))
  t.ok(scrapers.isIdle('other', 0, 700_000))
  scrapers.scraped('a', undefined, 800_000)
  t.notOk(scrapers.isIdle('other', 0, 1_100_000))
  t.ok(scrapers.isIdle('other', 0, 1_100_001))
})

test('two concurrent responses that end in another order are not two pages of the newer state', async (t) => {
  const scrapers = new Scrapers()
  scrapers.scraped('a', undefined, 10_000, 10_000)
  scrapers.scraped('a', undefined, 12_000, 12_000)
  scrapers.scraped('a', undefined, 11_000, 11_000)
  t.equal(scrapers.seenUntil('s', 13_000), 11_000)
})
