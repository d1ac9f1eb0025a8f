const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** A text in which what would end its line or turn its direction is escaped. */
export function escapeControls(text: string): string {
  return text.replaceAll(controls, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Whether a text has such characters. */
export function hasControls(text: string): boolean {
  return escapeControls(text) !== text
}
