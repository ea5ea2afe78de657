import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { flat } from '../../support/flat.js'

const MIB = 1024 * 1024

it('is content with memory that stays', async () => {
  const result = await flat(
    async () => {
      for (let turn = 0; turn < 8; turn += 1) {
        Buffer.alloc(MIB, 1)
        await delay(2)
      }
      return 'done'
    },
    { intervalMs: 2 },
  )
  expect(result.value).toBe('done')
  expect(result.samples.length).toBeGreaterThan(3)
  expect(result.growth.arrayBuffers).toBeLessThan(8 * MIB)
  expect(result.peak.rss).toBeGreaterThan(0)
})

it('forgives the first half, and names what grows in the second', async () => {
  const held: Buffer[] = []
  const grow = async (early: number, late: number): Promise<void> => {
    held.push(Buffer.alloc(early * MIB, 1))
    await delay(40)
    held.push(Buffer.alloc(late * MIB, 1))
    await delay(5)
  }
  await flat(() => grow(12, 0), { intervalMs: 2, limit: 8 * MIB })
  await expect(flat(() => grow(0, 12), { intervalMs: 2, limit: 8 * MIB })).rejects.toThrow(/arrayBuffers by 12.0 MiB/)
  expect(held).toHaveLength(4)
})

it('passes on what the function throws', async () => {
  const fail = (): never => {
    throw new Error('mine')
  }
  await expect(flat(fail)).rejects.toThrow('mine')
})
