import { describe, expect, it } from 'vitest'
import { sameSecret } from '../../../../src/filters/auth/same-secret.js'

const MEGABYTE = 2 ** 20

describe('the comparison of secrets', () => {
  it.each([0, 1, 31, 32, 33, 64, 65, 1_000, MEGABYTE - 1, MEGABYTE])(
    'H-132 takes %i bytes, and throws for none',
    (length) => {
      const secret = 's'.repeat(length)
      expect(sameSecret(secret, secret)).toBe(true)
      expect(sameSecret(Buffer.from(secret), secret)).toBe(true)
      expect(sameSecret(secret, `${secret}s`)).toBe(false)
      expect(sameSecret('other', secret)).toBe(false)
      if (length > 0) expect(sameSecret(`t${secret.slice(1)}`, secret)).toBe(false)
    },
  )

  it('takes text as its UTF-8', () => {
    expect(sameSecret('naïve', Buffer.from('naïve'))).toBe(true)
    expect(sameSecret('naïve', Buffer.from('naïve', 'latin1'))).toBe(false)
  })
})
