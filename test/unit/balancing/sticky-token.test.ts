import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { TOKEN_LENGTH, tokensOf } from '../../../src/balancing/sticky-token.js'

const NAME = 'http://10.0.0.1:3000'

describe('a sticky token', () => {
  it('is half of the SHA-256 of the name, or of its HMAC with each secret', () => {
    const half = (digest: Buffer): string => digest.subarray(0, 16).toString('base64url')
    const hmac = (secret: string): string => half(createHmac('sha256', secret).update(NAME).digest())
    expect(tokensOf(NAME, [])).toEqual([half(createHash('sha256').update(NAME).digest())])
    expect(tokensOf(NAME, ['one', 'two'])).toEqual([hmac('one'), hmac('two')])
    for (const token of [...tokensOf(NAME, []), ...tokensOf(NAME, ['one'])])
      expect(token).toMatch(new RegExp(`^[\\w-]{${TOKEN_LENGTH}}$`))
  })
})
