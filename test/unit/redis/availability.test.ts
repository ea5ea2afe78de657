import { describe, expect, it } from 'vitest'
import { Availability } from '../../../src/redis/availability.js'
import { eventually } from '../../support/index.js'

/** One whose probes end as the test says. */
function kit(
  startMs = 60_000,
  retryMs = 1,
): {
  availability: Availability
  told: string[]
  probes: PromiseWithResolvers<void>[]
} {
  const told: string[] = []
  const probes: PromiseWithResolvers<void>[] = []
  const probe = (): Promise<void> => {
    probes.push(Promise.withResolvers())
    return probes.at(-1)!.promise
  }
  const onChange = (change: string, why: string): void => void told.push(`${change}: ${why}`)
  return { availability: new Availability({ probe, startMs, retryMs, onChange }), told, probes }
}

async function started(): Promise<ReturnType<typeof kit>> {
  const it = kit()
  it.availability.whenKnown(() => {})
  it.probes[0]!.resolve()
  await eventually(() => it.availability.up)
  return it
}

describe('Availability', () => {
  it('asks when it is first wanted, not before, and lets all who ask meanwhile wait for the answer', async () => {
    const { availability, told, probes } = kit()
    expect([availability.unknown, availability.up, probes.length]).toEqual([true, false, 0])
    let known = 0
    availability.whenKnown(() => known++)
    availability.whenKnown(() => known++)
    expect([probes.length, known]).toEqual([1, 0])
    probes[0]!.resolve()
    await eventually(() => known === 2)
    expect([availability.unknown, availability.up]).toEqual([false, true])
    expect(told).toEqual([])
    availability.close()
  })

  it('asks again while it starts, as a client that is still connecting may refuse', async () => {
    const { availability, told, probes } = kit()
    availability.whenKnown(() => {})
    probes[0]!.reject(new Error('not yet'))
    await eventually(() => probes.length === 2)
    expect(availability.unknown).toBe(true)
    probes[1]!.resolve()
    await eventually(() => availability.up)
    expect(told).toEqual([])
    availability.close()
  })

  it('is down after startMs without an answer, and up when that answer comes after all', async () => {
    const { availability, told, probes } = kit(10)
    await new Promise<void>((known) => availability.whenKnown(known))
    expect([availability.unknown, availability.up]).toEqual([false, false])
    expect(told).toEqual(['down: no answer'])
    expect(probes).toHaveLength(1)
    probes[0]!.resolve()
    await eventually(() => availability.up)
    expect(told.at(-1)).toBe('up: it answers again')
    availability.close()
  })

  it('is down with the third timeout in a row, not with three among answers', async () => {
    const { availability, told } = await started()
    for (let at = 0; at < 5; at++) {
      availability.timedOut('late')
      availability.timedOut('late')
      availability.answered()
    }
    expect(availability.up).toBe(true)
    for (let at = 0; at < 5; at++) availability.timedOut('late')
    expect(availability.up).toBe(false)
    expect(told).toEqual(['down: late'])
    availability.close()
  })

  it('probes one at a time while it is down, and again after each failure', async () => {
    const { availability, told, probes } = await started()
    availability.down('reset')
    availability.down('reset again')
    expect(probes).toHaveLength(2)
    probes[1]!.reject(new Error('refused'))
    await eventually(() => probes.length === 3)
    availability.down('still')
    expect(probes).toHaveLength(3)
    probes[2]!.resolve()
    await eventually(() => availability.up)
    expect(told).toEqual(['down: reset', 'up: it answers again'])
    availability.close()
  })

  it('says what the last probe failed with when none succeeds', async () => {
    const { availability, told, probes } = kit(30)
    availability.whenKnown(() => {})
    probes[0]!.reject(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }))
    await eventually(() => told.length === 1)
    expect(told).toEqual(['down: ECONNREFUSED'])
    availability.close()
  })

  it('does nothing more once it is closed, and keeps nobody waiting', async () => {
    const { availability, told, probes } = kit()
    let known = false
    availability.whenKnown(() => {
      known = true
    })
    availability.close()
    expect(known).toBe(true)
    probes[0]!.reject(new Error('too late'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(probes).toHaveLength(1)
    availability.down('too late')
    expect([availability.up, told]).toEqual([false, []])
  })
})
