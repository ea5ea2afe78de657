import { SEEDS } from '../seeds/index.js'
import { type Draw, type Mutation, spliced } from './draw.js'

const FIELDS: readonly string[] = [
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 11',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Transfer-Encoding',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Host: b',
  'Host: a',
  'TE: trailers',
  'Trailer: X-A',
  'X-A: b',
  ' folded',
  '\tfolded',
  'X_A: b',
  'Cookie: c=d',
  'Authorization: x',
  'X-Forwarded-For: 9.9.9.9',
  'Range: bytes=0-',
  'Max-Forwards: 1',
  'Content-Type: text/plain',
  'X : y',
  ': y',
  'X',
  'X:',
  'Proxy-Connection: keep-alive',
]
const ENDS: readonly string[] = ['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', ' \r\n', '\0\r\n', '']

/** Mutations of lines, and of messages that stand behind one another. */
export const OF_LINES: readonly (readonly [string, Mutation])[] = [
  ['double a line', (bytes, draw) => onLine(bytes, draw, (line) => `${line}\r\n${line}`)],
  ['delete a line', (bytes, draw) => relined(bytes, draw, (lines, at) => lines.toSpliced(at, 1))],
  [
    'swap two lines',
    (bytes, draw) => relined(bytes, draw, (lines, at) => swapped(lines, at, draw.below(lines.length))),
  ],
  [
    'insert a field',
    (bytes, draw) => relined(bytes, draw, (lines, at) => lines.toSpliced(Math.max(1, at), 0, draw.of(FIELDS))),
  ],
  [
    'insert another seed’s line',
    (bytes, draw) =>
      relined(bytes, draw, (lines, at) => lines.toSpliced(at, 0, draw.of(draw.of(SEEDS)[1].split('\r\n', 20)))),
  ],
  ['change a line end', (bytes, draw) => lineEnd(bytes, draw)],
  ['splice two requests', (bytes, draw) => bytes.slice(0, draw.below(bytes.length + 1)) + tail(draw)],
  ['add a request', (bytes, draw) => bytes + draw.of(SEEDS)[1]],
  ['put a request in front', (bytes, draw) => draw.of(SEEDS)[1] + bytes],
]

function tail(draw: Draw): string {
  const [, other] = draw.of(SEEDS)
  return other.slice(draw.below(other.length))
}

function relined(bytes: string, draw: Draw, change: (lines: string[], at: number) => string[]): string {
  const lines = bytes.split('\r\n')
  return change(lines, draw.below(lines.length)).join('\r\n')
}

function onLine(bytes: string, draw: Draw, change: (line: string) => string): string {
  return relined(bytes, draw, (lines, at) => lines.with(at, change(lines[at]!)))
}

function swapped(lines: string[], one: number, other: number): string[] {
  return lines.with(one, lines[other]!).with(other, lines[one]!)
}

function lineEnd(bytes: string, draw: Draw): string {
  const ends = [...bytes.matchAll(/\r\n/g)]
  return ends.length === 0 ? bytes : spliced(bytes, draw.of(ends).index, 2, draw.of(ENDS))
}
