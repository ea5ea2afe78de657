import { type Draw, type Mutation, place, spliced } from './draw.js'

/** What parsers differ on. */
const BYTES: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\x0b',
  '\x0c',
  '\t',
  ' ',
  '\x7f',
  '\x80',
  '\x85',
  '\xa0',
  '\xff',
  ':',
  ';',
  ',',
  '/',
  '%',
  '\\',
  '#',
  '?',
  '"',
  '=',
  '.',
  '@',
  '-',
  '_',
  '0',
  'g',
  '+',
]

/** Mutations that know nothing of HTTP. */
export const OF_BYTES: readonly (readonly [string, Mutation])[] = [
  ['flip a bit', (bytes, draw) => changed(bytes, draw, (code) => String.fromCharCode(code ^ (1 << draw.below(8))))],
  ['change a byte', (bytes, draw) => changed(bytes, draw, () => draw.of(BYTES))],
  ['insert a byte', (bytes, draw) => spliced(bytes, place(bytes, draw), 0, draw.of(BYTES))],
  ['insert any byte', (bytes, draw) => spliced(bytes, place(bytes, draw), 0, String.fromCharCode(draw.below(256)))],
  ['delete a byte', (bytes, draw) => spliced(bytes, place(bytes, draw), 1, '')],
  ['cut', (bytes, draw) => bytes.slice(0, place(bytes, draw))],
  [
    'repeat a byte',
    (bytes, draw) => changed(bytes, draw, (code) => String.fromCharCode(code).repeat(2 + draw.below(3))),
  ],
  ['double a piece', doubled],
]

function changed(bytes: string, draw: Draw, change: (code: number) => string): string {
  const at = place(bytes, draw)
  return at < bytes.length ? spliced(bytes, at, 1, change(bytes.charCodeAt(at))) : bytes
}

function doubled(bytes: string, draw: Draw): string {
  const at = place(bytes, draw)
  const piece = bytes.slice(at, at + 1 + draw.below(24))
  return spliced(bytes, at, 0, piece)
}
