import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sources } from '../../../structure/sources.js'

const ONE = 'filters/auth/same-secret.ts'
const textOf = (path: string): string => readFileSync(new URL(`../../../../src/${path}`, import.meta.url), 'utf8')

/** Of every authenticator: what compares a secret by anything but the one function, as far as names tell. */
const files = sources.filter(({ path }) => path.startsWith('filters/auth/') && path !== ONE)

/** Comparisons that tell nothing of a secret, and why. */
const HARMLESS: Readonly<Record<string, string>> = {
  'filters/auth/basic-credentials.ts: ) !== token': 'what a client sent, held against itself decoded and encoded again',
  'filters/auth/signatures/http-signature.ts: claims.algorithm !== key.algorithm': 'names of algorithms',
  'filters/auth/signatures/signature-policy.ts: wanted === CONTENT_DIGEST': 'names of fields',
  'filters/auth/tokens/token-memory.ts: found.token === token':
    'found by the end of its signature: who has that has the token',
}

const SECRET = String.raw`\b\w*(?:password|secret|apikey|\bkey|token|signature|digest|credential|mac)(?:\.\w+)?`

/** Comparisons of what is called a secret with anything that is not a constant. */
function comparisons(text: string): string[] {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const either = new RegExp(
    String.raw`${SECRET}\s*[!=]==?\s*(?!undefined|null|''|"|'|true|false|typeof|-?\d)[\w.\[]+|[\w.\])]+\s*[!=]==?\s*(?:\w+\??\.)*${SECRET}\b(?!\()`,
    'gi',
  )
  return [...bare.matchAll(either)]
    .map(([found]) => found)
    .filter((found) => !/^(?:undefined|null|true|false)\s/.test(found) && !/\.(?:length|kind|type)\b/.test(found))
}

describe('credentials', () => {
  it('H-132 are compared by one function only', () => {
    const others = sources.filter(({ path }) => path !== ONE && /timingSafeEqual/.test(textOf(path)))
    expect(others.map(({ path }) => path).filter((path) => path.startsWith('filters/'))).toEqual([])
    expect(files.length).toBeGreaterThan(20)
  })

  it('H-132 are never compared by ===, in any authenticator', () => {
    const found = files.flatMap(({ path }) => comparisons(textOf(path)).map((each) => `${path}: ${each}`))
    expect(found).toEqual(Object.keys(HARMLESS))
  })

  it.each([
    ['if (password === user.password) return', 1],
    ['return given.token !== wanted', 1],
    ['const same = digestOf(given) === user?.secret', 1],
    ['return wanted == apiKey', 1],
    ["if (typeof password !== 'string' || password === '') throw", 0],
    ['if (key === undefined) return', 0],
    ['sameSecret(given.token, wanted)', 0],
    ['token.length === 3', 0],
  ])('H-132 %j would be seen: %i', (code, count) => expect(comparisons(code)).toHaveLength(count))

  it('H-132 reach no log and no message', () => {
    const said = files.flatMap(({ path }) => (/\bconsole\b|process\.std/.test(textOf(path)) ? [path] : []))
    const printed = said.filter((path) => /^[^*]*\bconsole\./m.test(textOf(path).replace(/\/\*[\s\S]*?\*\//g, '')))
    expect(printed).toEqual([])
  })
})
