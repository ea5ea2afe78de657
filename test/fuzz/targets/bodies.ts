import { StreamBody } from '../../../src/body.js'
import { parseYaml } from '../../../src/config/document/yaml.js'
import { Unreadable } from '../../../src/filters/transform/body-change.js'
import { ndjsonToJson } from '../../../src/filters/transform/convert/ndjson-to-json.js'
import { compilePointer, placesOf, put, take } from '../../../src/filters/transform/json/pointer.js'
import { readJson } from '../../../src/filters/transform/json/read-json.js'
import { excess, type JsonLimits } from '../../../src/http/json-limits.js'
import { attempt, edgeError, type FuzzTarget, promise, same } from '../target.js'

const LIMITS: JsonLimits = {
  maxDepth: 8,
  maxMembers: 4,
  maxItems: 6,
  maxStringLength: 12,
  duplicateNames: 'refuse',
  unsafeNumbers: 'refuse',
}
const JSON_CORPUS = [
  '{"a":1,"b":[true,null,"x"]}',
  '{"a":{"a":1},"\\u0061":2}',
  '[[[[[[[[1]]]]]]]]',
  '[1e400,9007199254740993,-0,1.50]',
  '{"__proto__":{"x":1},"constructor":[]}',
  '"\\ud800"',
  '[1,2,3,4,5,6,7]',
]
const JSON_PIECES = [
  '{"a":',
  '[',
  ']',
  '}',
  ',',
  '"',
  '\\u0061',
  '\\"',
  '\\\\',
  '"a":1,',
  '1e999',
  '123456789012345678',
  '"__proto__":',
  '\ufeff',
  '-0',
  '1E-5',
]

/** What is too much in a value. */
function tooMuch(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value === 'string') return value.length > LIMITS.maxStringLength
  if (typeof value !== 'object' || value === null) return false
  if (depth === LIMITS.maxDepth) return true
  const [names, items] = [Object.keys(value), Object.values(value)]
  if (items.length > (Array.isArray(value) ? LIMITS.maxItems : LIMITS.maxMembers)) return true
  return (
    (!Array.isArray(value) && names.some((name) => tooMuch(name))) || items.some((item) => tooMuch(item, depth + 1))
  )
}

/** H-160: what passes has nothing that is too much, by the parser's own word. */
export const jsonLimits: FuzzTarget = {
  name: 'json-limits',
  corpus: JSON_CORPUS,
  pieces: JSON_PIECES,
  text: true,
  maxLength: 65_536,
  check(input) {
    const found = excess(input, LIMITS)
    if (found !== null) return found
    const parsed = attempt(
      () => JSON.parse(input) as unknown,
      (error) => error instanceof SyntaxError,
    )
    if ('error' in parsed) return 'no JSON'
    promise(!tooMuch(parsed.value), 'nothing that is too much')
    // By another parser, which knows of names that stand twice.
    if (input.length < 200 && input.includes('{')) {
      const twice = parseYaml(input).faults.some(({ message }) => message.includes('twice'))
      promise(!twice, 'no name twice')
    }
    return typeof parsed.value
  },
}

/** H-160, H-154: every number stays what it was, every name a name. */
export const exactJson: FuzzTarget = {
  name: 'exact-json',
  corpus: JSON_CORPUS,
  pieces: JSON_PIECES,
  text: true,
  check(input, mutator) {
    const read = attempt(
      () => readJson(input, 32),
      (error) => error instanceof Unreadable,
    )
    if ('error' in read) return read.error.message
    const written = JSON.stringify(read.value)
    same(JSON.stringify(readJson(written, 32)), written, 'JSON reads as it is written')
    // Numbers that differ in their digits differ as they are read.
    same(JSON.stringify(JSON.parse(written)), JSON.stringify(JSON.parse(input)), 'the same to a reader of doubles')
    const pointer = compilePointer(
      'fuzz',
      'x',
      mutator.pick(['/a', '/__proto__/x', '/*/a', '/constructor/prototype/y', '/-', '/a/b/c']),
    )
    for (const place of placesOf(read.value, pointer, true)) put(place, mutator.pick<unknown>([1, {}, null]))
    JSON.stringify(read.value)
    for (const place of placesOf(read.value, pointer, false)) take(place)
    return `${typeof read.value} ${written === input}`
  },
}

export const pointers: FuzzTarget = {
  name: 'json-pointer',
  corpus: ['/a/b', '/a~1b/~0', '/*/-', '/', '/__proto__', '/0/01'],
  pieces: ['/', '~0', '~1', '*', '-', '__proto__', '0'],
  // An option, not a client's.
  maxLength: 512,
  check(input) {
    const made = attempt(() => compilePointer('fuzz', 'x', input), edgeError('ERR_EDGE_OPTION'))
    if ('error' in made) return 'refused'
    const root = { a: { b: [1, 2, { c: 3 }] }, __proto__x: 1 }
    for (const place of placesOf(root, made.value, true)) put(place, 'put')
    JSON.stringify(root)
    for (const place of placesOf(root, made.value, false)) take(place)
    return `${made.value.length} ${JSON.stringify(root).length}`
  },
}

const idle = { pause: () => {}, resume: () => {}, cancel: () => {} }
const LONGEST_LINE = 64
const lines = ndjsonToJson.work(
  { from: 'ndjson', to: 'json' },
  { maxBytes: 4_096, maxDepth: 8, maxRecordBytes: LONGEST_LINE },
)

/** The array that lines become as they come in these chunks; `null` if they are refused. */
function arrayOf(chunks: readonly Buffer[]): string | null {
  if (lines.kind !== 'flow') throw new Error('lines flow')
  const body = new StreamBody(idle, undefined)
  let [json, ended, refused] = ['', false, false]
  lines
    .run(body, (why) => new Unreadable(why), {} as never)
    .attach({
      write: (chunk) => {
        json += Buffer.from(chunk).toString()
        return true
      },
      end: () => {
        ended = true
      },
      fail: (error) => {
        promise(error instanceof Unreadable, 'refused for what it is', error.message)
        refused = true
      },
    })
  for (const chunk of chunks) body.push(chunk)
  body.end()
  promise(ended !== refused, 'one end')
  return refused ? null : json
}

/** H-156: the same array however the lines are cut up, of the values that they are by the parser's own word. */
export const ndjson: FuzzTarget = {
  name: 'ndjson',
  corpus: ['{"a":1}\n{"a":2}\n', '1\n\n2', '"\u00e9"\r\n[]\r\n', '{"__proto__":1}\n', ''],
  pieces: [
    '\n',
    '\r\n',
    '\n\n',
    '{',
    '}',
    '"',
    ',',
    '1',
    'null',
    '\ufeff',
    ' ',
    '\u2028',
    '\xff',
    'a'.repeat(LONGEST_LINE),
  ],
  check(input, mutator) {
    const bytes = Buffer.from(input, 'latin1')
    const json = arrayOf([bytes])
    same(arrayOf(mutator.chunks(bytes)), json, 'the same in pieces')
    if (json === null) return 'refused'
    const items = JSON.parse(json) as unknown[]
    const texts = bytes
      .toString()
      .split('\n')
      .map((line) => line.trim())
    same(
      items,
      texts.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown),
      'the values of its lines',
    )
    return `${Math.min(items.length, 4)} ${typeof items[0]}`
  },
}
