import { type Filter, httpSignature, webhookSignature } from 'edgewise'
import { describe, expect, it, vi } from 'vitest'
import { bytesBody } from '../../../../../src/body.js'
import { sameSecret } from '../../../../../src/filters/auth/same-secret.js'
import { received, run } from './received.js'
import { AT, keys, type Pair, signedFields } from './signed.js'

vi.mock('../../../../../src/filters/auth/same-secret.js', { spy: true })

const secret = 'a secret of thirty-two bytes, or of more'
const hook = (field: string): Pair[] => [['X-Hub-Signature-256', field]]

describe('H-132 what was signed with a secret', () => {
  it.each<[what: string, make: () => Filter, fields: () => Promise<readonly Pair[]> | readonly Pair[], status: number]>(
    [
      ['a request', () => httpSignature({ keys, now: () => AT }), () => signedFields('https://a.test/'), 200],
      ['a request, wrongly', () => httpSignature({ keys, now: () => AT }), () => signedFields('https://b.test/'), 401],
      [
        'a webhook, wrongly',
        () => webhookSignature({ form: 'github', secrets: [secret] }),
        () => hook(`sha256=${'0'.repeat(64)}`),
        401,
      ],
    ],
  )('H-132 is compared by one function that tells nothing by its time: %s', async (_what, make, fields, status) => {
    vi.mocked(sameSecret).mockClear()
    const exchange = received('https://a.test/', { fields: await fields(), body: bytesBody('x') })
    const signed = received('https://a.test/', { fields: await fields() })
    expect((await run(make, status === 200 ? signed : exchange)).status).toBe(status === 200 ? 200 : 401)
    expect((await run(make, signed)).status).toBe(status)
    expect(sameSecret).toHaveBeenCalled()
    vi.mocked(sameSecret).mockReturnValue(true)
    expect((await run(make, signed)).status).toBe(200)
    vi.mocked(sameSecret).mockRestore()
  })
})
