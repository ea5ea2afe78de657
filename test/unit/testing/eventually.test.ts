import { expect, it } from 'vitest'
import { eventually } from '../../support/index.js'

it('gives the first truthy value', async () => {
  let looks = 0
  expect(await eventually(() => (++looks === 3 ? looks : 0), { intervalMs: 1 })).toBe(3)
})

it('gives up with the last error as the cause', async () => {
  const fail = async (): Promise<never> => {
    throw new Error('not yet')
  }
  const error = (await eventually(fail, { timeoutMs: 10, what: 'the end' }).catch((reason: unknown) => reason)) as Error
  expect(error.message).toBe('not within 10 ms: the end')
  expect(error.cause).toMatchObject({ message: 'not yet' })
})
