import { Unreadable } from '../body-change.js'

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Undoes the entities that XML has without a document type, and references to characters, in one pass: `&amp;lt;` is `&lt;`.
 *
 * @throws {@link Unreadable} for any other.
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));|&/gi, (found, decimal, hex, name) => {
    if (name !== undefined && Object.hasOwn(ENTITIES, name)) return ENTITIES[name]!
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : -1
    const char = code < 0 || code > 0x10ffff ? '' : String.fromCodePoint(code)
    if (found === '&' || char === '' || !isXmlText(char))
      throw new Unreadable('the XML has an entity that is not known')
    return char
  })
}

/** What XML 1.0 §2.2 lets no document hold, not even escaped: controls, halves of surrogate pairs, and two that are no characters. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** Whether XML can hold every character of a text. */
export function isXmlText(text: string): boolean {
  return !FORBIDDEN.test(text)
}

const NAME_START =
  ':A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}'
/** XML 1.0 §2.3. */
const NAME = new RegExp(`^[${NAME_START}][${NAME_START}.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040-]*$`, 'u')

export function isXmlName(name: unknown): boolean {
  return typeof name === 'string' && NAME.test(name)
}

/** @throws {@link Unreadable} for what is no name in XML: it would be markup. */
export function xmlName(name: string): string {
  if (!isXmlName(name)) throw new Unreadable('the JSON has a name that XML can’t have')
  return name
}

/** @throws {@link Unreadable} for a character that XML can't hold. */
export function xmlText(text: string): string {
  if (!isXmlText(text)) throw new Unreadable('the JSON has a character that XML can’t have')
  return text.replace(/[<>&"\r]/g, (char) => ESCAPES[char]!)
}

/** In an attribute, where line ends and tabs would be read as spaces (XML 1.0 §3.3.3). */
export function xmlAttribute(text: string): string {
  return xmlText(text).replace(/[\n\t]/g, (char) => `&#${char.charCodeAt(0)};`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  // Else read as a line feed (XML 1.0 §2.11).
  '\r': '&#13;',
}
