import { type Filter, httpSignature, webhookSignature } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { sameSecret } from '../../../../../src/filters/auth/same-secret.js'
import { received, run } from './received.js'
import { AT, keys, type Pair, signedFields } from './signed.js'

vi.mock('../../../../../src/filters/auth/same-secret.js', { spy: true })

const hook = async (): Promise<Pair[]> => [['X-Hub-Signature-256', `sha256=${'0'.repeat(64)}`]]

describe('what was signed with a secret', () => {
  it.each<[what: string, make: () => Filter, wrong: () => Promise<readonly Pair[]>]>([
    ['a request', () => httpSignature({ keys, now: () => AT }), () => signedFields('https://b.test/')],
    ['a webhook', () => webhookSignature({ form: 'github', secrets: ['a secret of some length'] }), hook],
  ])('H-132 is compared by the one function whose time tells nothing: %s', async (_what, make, wrong) => {
    const exchange = received('https://a.test/', { fields: await wrong() })
    expect((await run(make, exchange)).status).toBe(401)
    expect(sameSecret).toHaveBeenCalledOnce()
    // Nothing else decides.
    vi.mocked(sameSecret).mockReturnValueOnce(true)
    expect((await run(make, exchange)).status).toBe(200)
    vi.mocked(sameSecret).mockClear()
  })
})
