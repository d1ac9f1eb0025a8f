import { createPageText } from '../../src/page/page-text.ts'
import type { Page } from '../../src/page/pages.ts'

/** A page with this text and the entity tag `W/"1-1"`. */
export function makePage(text: string, builtAt: number): Page {
  const { text: joined, gzip } = createPageText([Buffer.from(text)])
  return { text: joined(), gzip, etag: 'W/"1-1"', builtAt }
}
