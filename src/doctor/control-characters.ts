const controls = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** Escapes the characters that would end a line or change the text direction. */
export function escapeControls(text: string): string {
  return text.replaceAll(controls, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Whether a text contains such characters. */
export function hasControls(text: string): boolean {
  return escapeControls(text) !== text
}
