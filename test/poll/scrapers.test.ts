import { test } from 'tap'
import { Scrapers } from '../../src/poll/scrapers.ts'

test('rows stand still for two minutes, or for three of the longest scrape period seen', async (t) => {
  const scrapers = new Scrapers()
  t.equal(scrapers.standStillSeconds(), 120)
  for (let time = 0; time <= 120; time += 15) scrapers.seen('10.0.0.1', time * 1000)
  t.equal(scrapers.standStillSeconds(), 120)
  for (let time = 0; time <= 120; time += 60) scrapers.seen('10.0.0.2', time * 1000)
  t.equal(scrapers.standStillSeconds(), 180)
  scrapers.seen('10.0.0.1', 900_000)
  t.equal(scrapers.standStillSeconds(), 120, 'who has not come for ten minutes is forgotten')
})
