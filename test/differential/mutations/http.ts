import { type Draw, type Mutation, spliced } from './draw.js'

const NUMBERS: readonly string[] = [
  '0',
  '1',
  '00',
  '005',
  '0x5',
  '+5',
  '-1',
  '5 ',
  ' 5',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '1e1',
  '5,5',
  'ffffffffffffffff',
  'A',
  '5;x',
  '5;x="y"',
  '',
]
const METHODS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'QUERY',
  'get',
  'Get',
  'M-SEARCH',
  'FOO',
]
const VERSIONS: readonly string[] = [
  'HTTP/1.0',
  'HTTP/1.1',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.1 ',
  'HTTP/ 1.1',
  'http/1.1',
  'HTTP/11',
]
const PIECES: readonly string[] = [
  '/',
  '//',
  '/..',
  '/../',
  '/.',
  '%2e',
  '%2f',
  '%5c',
  '\\',
  ';x',
  '..;',
  '%00',
  '%',
  '%zz',
  '%c0%ae',
  '%25',
  '#',
  '?',
  '@',
  ':',
  'http://a',
  '*',
  '%e9',
  '\xe9',
  '%41',
  '{',
  '"',
  "'",
]

/** Mutations of what means something to HTTP. */
export const OF_HTTP: readonly (readonly [string, Mutation])[] = [
  ['swap length and coding', swapFraming],
  [
    'change case',
    (bytes, draw) =>
      at(bytes, draw, /[A-Za-z]+/g, (word) => (draw.below(2) === 0 ? word.toUpperCase() : word.toLowerCase())),
  ],
  ['change a number', (bytes, draw) => at(bytes, draw, /[0-9]+/g, (digits) => number(digits, draw))],
  [
    'change a chunk size',
    (bytes, draw) => at(bytes, draw, /(?<=\r\n)[0-9a-fA-F]+(?=[;\r])/g, (digits) => number(digits, draw)),
  ],
  ['change the method', (bytes, draw) => at(bytes, draw, /^\S+|(?<=\r\n\r\n)[A-Z]+/g, () => draw.of(METHODS))],
  ['change the version', (bytes, draw) => at(bytes, draw, /HTTP\/1\.1/g, () => draw.of(VERSIONS))],
  [
    'encode a piece of the path',
    (bytes, draw) =>
      at(bytes, draw, /(?<=^[A-Z]+ \S*)[^\s%]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
  ],
  [
    'encode it twice',
    (bytes, draw) =>
      at(bytes, draw, /(?<=^[A-Z]+ \S*)[^\s%]/g, (char) => `%25${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
  ],
  [
    'insert into the path',
    (bytes, draw) => at(bytes, draw, /(?<=^[A-Z]+ \S*)[^\s]/g, (char) => char + draw.of(PIECES)),
  ],
  [
    'blanks around a colon',
    (bytes, draw) => at(bytes, draw, /: ?/g, () => draw.of([':', ' :', ' : ', ':\t', ':  ', '\t:', ':\x0b', ':\r\n '])),
  ],
  [
    'blanks behind a value',
    (bytes, draw) =>
      at(bytes, draw, /(?=\r\n)/g, () => draw.of([' ', '\t', '  ', '\x0b', ',', ';', ', chunked', ', x'])),
  ],
  ['hyphens for underscores', (bytes, draw) => at(bytes, draw, /-/g, () => '_')],
]

function at(bytes: string, draw: Draw, pattern: RegExp, change: (found: string) => string): string {
  const found = [...bytes.slice(0, 4_096).matchAll(pattern)]
  if (found.length === 0) return bytes
  const { 0: text, index } = draw.of(found)
  return spliced(bytes, index, text.length, change(text))
}

function number(digits: string, draw: Draw): string {
  if (draw.below(2) === 0) return draw.of(NUMBERS)
  return String(Math.max(0, Number.parseInt(digits, 10) + draw.of([-2, -1, 1, 2])))
}

/** The framing that is there gives its place to the other, or gets it beside it. */
function swapFraming(bytes: string, draw: Draw): string {
  const length = /^content-length:.*$/im.exec(bytes)
  if (length !== null) {
    const coding = 'Transfer-Encoding: chunked'
    return bytes.replace(length[0], draw.below(2) === 0 ? coding : `${length[0]}\r\n${coding}`)
  }
  return bytes.replace(/^transfer-encoding:.*$/im, (line) => {
    const other = `Content-Length: ${draw.below(30)}`
    return draw.of([other, `${other}\r\n${line}`, `${line}\r\n${other}`])
  })
}
