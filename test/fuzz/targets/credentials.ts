import type { Exchange } from '../../../src/exchange.js'
import { isBasic, readBasic } from '../../../src/filters/auth/basic-credentials.js'
import {
  componentValue,
  nameOf,
  REGISTERED,
  type StructuredTypes,
} from '../../../src/filters/auth/signatures/component.js'
import { digestFault } from '../../../src/filters/auth/signatures/content-digest.js'
import { readDictionary, readItem, readList } from '../../../src/filters/auth/signatures/read-structured.js'
import { readSignatures, signatureBase } from '../../../src/filters/auth/signatures/signature.js'
import { SignedMessage } from '../../../src/filters/auth/signatures/signed-message.js'
import { writeDictionary, writeItem, writeList } from '../../../src/filters/auth/signatures/structured-field.js'
import { isToken68, readBearer } from '../../../src/filters/auth/tokens/bearer.js'
import { claimedIssuer, readToken } from '../../../src/filters/auth/tokens/token-text.js'
import { readKey } from '../../../src/filters/traffic/idempotency/key.js'
import { type FuzzTarget, promise, same, WRITABLE } from '../target.js'

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** H-129, H-133: one spelling of one credential. */
export const authorization: FuzzTarget = {
  name: 'authorization',
  corpus: [
    `Basic ${base64('user:pass')}`,
    `basic ${base64('u:\xc3\xa9:x')}`,
    'Bearer abc.def',
    'Basic  x',
    'bearer\tx',
    'Basic YTpi!!',
    `Basic ${base64('nocolon')}`,
  ],
  pieces: ['Basic ', 'Bearer ', '=', '==', base64('a:b'), base64('\0:\r\n')],
  check(input) {
    const token = readBearer(input)
    if (typeof token === 'string')
      promise(input.endsWith(` ${token}`) && /^bearer /i.test(input), 'a token behind its scheme', token)
    if (!isBasic(input)) return typeof token === 'string' ? `token ${isToken68(token)}` : String(token)
    const read = readBasic(input)
    if ('why' in read) return read.why
    promise(!/\p{Cc}/u.test(read.name + read.password) && !read.name.includes(':'), 'a name and a password', read)
    const again = `Basic ${Buffer.from(`${read.name}:${read.password}`).toString('base64')}`
    if (again.length <= 8_192) same(readBasic(again), read, 'a credential reads as it is written')
    return `${read.name === ''} ${read.password.includes(':')}`
  },
}

/** H-128: a token that is one to the letter, or why it is none. */
export const token: FuzzTarget = {
  name: 'token',
  corpus: [
    `${base64url('{"alg":"HS256","kid":"a"}')}.${base64url('{"iss":"x","exp":1}')}.c2ln`,
    `${base64url('{"alg":"none"}')}.${base64url('{}')}.`,
    `${base64url('{"alg":"RS256","alg":"none","crit":["b64"]}')}.${base64url('[]')}.YQ`,
    `${base64url('{"__proto__":{"alg":"x"}}')}.${base64url('{"iss":"\\u0000"}')}.YQ`,
  ],
  pieces: ['.', '=', base64url('{"alg":"HS256"}'), base64url('{"a":1}'), '-_', '+/', base64url('\ufeff{}')],
  check(input) {
    const read = readToken(input, 8_192)
    claimedIssuer(input)
    if (typeof read === 'string') return read
    promise(
      typeof read.algorithm === 'string' && ['string', 'undefined'].includes(typeof read.kid),
      'what a token says of itself',
      read,
    )
    promise(/^[\w-]+\.[\w-]+\.[\w-]+$/.test(input), 'three parts in base64url', input)
    return `${read.kid === undefined}`
  },
}

/** An idempotency key. */
export const idempotencyKey: FuzzTarget = {
  name: 'idempotency-key',
  corpus: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', 'abc', '"a\\"b"', '"', '""', 'a,b', 'a b'],
  check(input) {
    const key = readKey(input)
    promise(key === null || (key.length <= 255 && /^[ !#-~]+$/.test(key)), 'a key of plain characters', key)
    return `${key === null} ${input.startsWith('"')}`
  },
}

const STRUCTURED = [
  'a=1, b=?0;x, c=(1 2.5 "x" tok);q="y"',
  '"text";a=:YWJj:',
  '1.5, -3, @1659578233, %"f%c3%bc"',
  '(a b);c, ()',
  'sha-256=:x:',
]
const STRUCTURED_PIECES = [
  '?1',
  '?0',
  ':YQ==:',
  ':YQ:',
  '%"',
  '%c3%a9',
  '@1',
  '-0',
  '0.0',
  '1.10',
  '(',
  ')',
  ';a',
  '=',
  ', ',
  '"\\""',
  '*x',
  '999999999999999',
  '1000000000000000',
]

/** RFC 9651: what is read is written, and read again, the same. */
export const structuredFields: FuzzTarget = {
  name: 'structured-fields',
  corpus: STRUCTURED,
  pieces: STRUCTURED_PIECES,
  check(input) {
    const [dictionary, list, item] = [readDictionary(input), readList(input), readItem(input)]
    for (const [read, write, again] of [
      [dictionary, () => writeDictionary(dictionary!), readDictionary],
      [list, () => writeList(list!), readList],
      [item, () => writeItem(item!), readItem],
    ] as const) {
      if (read === null) continue
      const written = write()
      promise(WRITABLE.test(written), 'a field that can be written', written)
      same(again(written), read, `a structured field reads as it is written (${written})`)
    }
    return `${dictionary?.size} ${list?.map((member) => ('bare' in member ? member.bare.type : member.items.length))} ${item?.bare.type}`
  },
}

const message = new SignedMessage({
  raw: { method: 'GET', rawHeaders: ['Host', 'a.test', 'X-List', 'a=1', 'X-List', 'b=2'] },
  client: { protocol: 'https', authority: 'a.test' },
  requestTarget: '/x?a=b&a=c&d=%41',
} as unknown as Exchange)
const types: StructuredTypes = new Map(Object.entries({ ...REGISTERED, 'x-list': 'dictionary' }))

/** RFC 9421: Signature-Input and Signature, and the text that would have been signed. */
export const signatures: FuzzTarget = {
  name: 'signatures',
  corpus: [
    'sig1=("@method" "@authority" "@path");created=1;keyid="k"\nsig1=:YWJj:',
    'a=("x-list";key="a" "x-list";sf "@query-param";name="d");alg="hmac-sha256"\na=:YWJj:',
    'a=("@query-param";name="a"), b=("@query";req)\nb=:YQ==:, a=:YQ==:',
    'a=("@method" "@method")\na=:YQ==:',
    'a=("x-list";bs)\na=:YQ==:\nsha-256=:YWJj:',
  ],
  pieces: [
    ...STRUCTURED_PIECES,
    '"@method"',
    '"@query-param";name="a"',
    ';sf',
    ';bs',
    ';key="a"',
    '"x-list"',
    '\n',
    '@signature-params',
  ],
  check(input) {
    const [signatureInput = '', signature = '', digest = ''] = input.split('\n')
    digestFault(digest, Buffer.from('body'))
    const read = readSignatures({ 'signature-input': signatureInput, signature })
    if (read === null || typeof read === 'string') return `${read}`
    promise(read.length <= 8, 'no more signatures than may be', read.length)
    let outcome = ''
    for (const each of read) {
      promise(each.components.size <= 64, 'no more components than may be')
      for (const item of each.components.values()) {
        const value = componentValue(message, nameOf(item)!, item.params, types)
        promise(value === null || WRITABLE.test(value), 'a value of one line', value)
      }
      const base = signatureBase(each, message, types)
      if (typeof base !== 'string') {
        const lines = base.toString('latin1').split('\n')
        same(lines.length, each.components.size + 1, 'a line for each component')
        promise(lines.at(-1)!.startsWith('"@signature-params": ('), 'and the parameters last', lines.at(-1))
      }
      outcome += `${each.components.size} ${typeof base} `
    }
    return outcome
  },
}
