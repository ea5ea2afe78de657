import { seededRandom } from '../../src/testing/clock.js'

/** What means something to many parsers. */
const COMMON = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\t',
    ' ',
    '"',
    "'",
    '\\',
    ',',
    ';',
    '=',
    ':',
    '/',
    '//',
    '.',
    '..',
    '%',
    '%00',
    '%2f',
    '%2e',
    '%25',
  ],
  ...[
    '\x7f',
    '\x80',
    '\xff',
    '\xc3\xa9',
    '\xc0\xae',
    '<',
    '>',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '*',
    '?',
    '#',
    '@',
    '&',
    '+',
    '-',
    '_',
    '|',
    '$',
    '~',
  ],
  ...[
    '0',
    '1',
    '-1',
    '+1',
    '00',
    '0x10',
    '1e9',
    '65535',
    '65536',
    '2147483648',
    '4294967296',
    '9007199254740993',
    '99999999999999999999',
  ],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'a', 'A', 'chunked', 'close', 'true', 'null', 'NaN'],
]
const WIDE = ['\u00e9', '\u2028', '\u202e', '\ud800', '\udc00', '\u{1f600}', '\ufeff', '\uff0f', '\u0130']

/** Makes inputs out of others, the same for the same seed. */
export class Mutator {
  readonly random: () => number
  readonly #pieces: readonly string[]

  constructor(seed: number, pieces: readonly string[] = [], text = false) {
    this.random = seededRandom(seed)
    // Own pieces as often as common ones, however few they are.
    const own =
      pieces.length === 0 ? [] : Array.from({ length: Math.ceil(COMMON.length / pieces.length) }, () => pieces).flat()
    this.#pieces = [...COMMON, ...own, ...(text ? WIDE : [])]
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.random() * end)
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** One input, changed in a few places. */
  mutate(corpus: readonly string[], maxLength: number): string {
    let input = this.pick(corpus)
    for (let count = 1 + this.below(this.random() < 0.1 ? 16 : 4); count > 0; count--)
      input = this.#change(input, corpus).slice(0, maxLength)
    // What takes more than linear time shows on long inputs only.
    if (this.random() < 0.03) input = this.#amplify(input, maxLength)
    return input.slice(0, maxLength)
  }

  #change(input: string, corpus: readonly string[]): string {
    const at = this.below(input.length + 1)
    const end = Math.min(input.length, at + 1 + this.below(this.random() < 0.2 ? input.length + 1 : 4))
    const [head, middle, tail] = [input.slice(0, at), input.slice(at, end), input.slice(end)]
    switch (this.below(9)) {
      case 0:
        return head + tail
      case 1:
        return head + String.fromCharCode(this.below(256)) + tail
      case 2:
        return head + String.fromCharCode(this.below(256)) + middle + tail
      case 3:
      case 4:
        return head + this.pick(this.#pieces) + middle + tail
      case 5:
        return head + this.pick(this.#pieces) + tail
      case 6:
        return head + middle.repeat(2 + this.below(6)) + tail
      case 7: {
        const other = this.pick(corpus)
        return head + other.slice(this.below(other.length + 1))
      }
      default:
        return head + flipped(middle, this.below(8)) + tail
    }
  }

  #amplify(input: string, maxLength: number): string {
    const at = this.below(input.length + 1)
    const piece = this.random() < 0.5 ? this.pick(this.#pieces) : input.slice(at, at + 1 + this.below(6)) || 'a'
    const room = Math.max(1, Math.floor((maxLength - input.length) / piece.length))
    return input.slice(0, at) + piece.repeat(1 + this.below(room)) + input.slice(at)
  }

  /** Cuts bytes into chunks as a network might. */
  chunks(bytes: Buffer): Buffer[] {
    const made: Buffer[] = []
    const most = this.pick([1, 2, 7, 64, bytes.length + 1])
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + this.below(most))
      made.push(bytes.subarray(at, end))
      at = end
    }
    return made
  }
}

function flipped(text: string, bit: number): string {
  return text === '' ? text : String.fromCharCode(text.charCodeAt(0) ^ (1 << bit)) + text.slice(1)
}
