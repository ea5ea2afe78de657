import { describe, expect, it } from 'vitest'
import { BanList } from '../../../../src/filters/abuse/ban-list.js'

function heldList(maxBans: number) {
  const time = { now: 10_000 }
  return { bans: new BanList(maxBans, 1_000_000, () => time.now), time }
}

const keys = (bans: BanList): string[] => bans.list().map(({ key }) => key)

describe('a list of bans', () => {
  it('H-202 holds so many, and lets go of the oldest, however often that one is looked up', () => {
    const { bans } = heldList(2)
    for (const key of ['a', 'b', 'c']) {
      bans.add(key, 5_000, 1, '')
      bans.has('a')
    }
    expect(keys(bans)).toEqual(['c', 'b'])
  })

  it('makes room first of what is over and forgotten', () => {
    const { bans, time } = heldList(2)
    bans.add('long', 100_000, 1, '')
    bans.add('short', 1_000, 1, '')
    time.now += 2_000
    bans.add('new', 1_000, 1, '')
    expect(keys(bans)).toEqual(['new', 'long'])
  })

  it('shows nothing of bans that are over', () => {
    const { bans, time } = heldList(2)
    bans.add('a', 1_000, 1, '')
    time.now += 1_000
    expect([bans.has('a'), bans.list(), bans.lift('a')]).toEqual([false, [], null])
  })
})
