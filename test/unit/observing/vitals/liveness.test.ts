import { liveness } from 'edgewise'
import { expect, it } from 'vitest'
import { asked } from '../../asked.js'

it('liveness is 200, in JSON that nobody keeps', async () => {
  const { status, headers, body } = await liveness()(asked('/readyz'))
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'application/json', 'no-store'])
  expect(body.kind === 'bytes' && Buffer.from(body.bytes).toString()).toBe('{"status":"alive"}\n')
})
