import { firstAvailable } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { picks, type Station, stations } from './endpoints.js'

describe('firstAvailable', () => {
  it('fills in the order configured: the first that has room, whatever its weight', () => {
    const balancer = firstAvailable<Station>()
    const all = stations(1, 9, 1)
    balancer.rebuild(all)
    const full = ({ inFlight }: Station): boolean => inFlight >= 2
    const order = Array.from({ length: 7 }, () => {
      const station = balancer.pick(null, full)
      if (station !== undefined) station.inFlight++
      return station?.name ?? '-'
    })
    expect(order.join('')).toBe('aabbcc-')
    all[0]!.inFlight--
    expect(picks(balancer, 1, full)).toEqual(['a'])
  })

  it('gives weight 0 nothing, and picks nobody from nobody, nor does its fork', () => {
    const balancer = firstAvailable<Station>()
    expect(picks(balancer, 1)).toEqual(['-'])
    balancer.rebuild(stations(0, 1))
    expect(picks(balancer, 2)).toEqual(['b', 'b'])
    expect(picks(balancer.fork!(), 1)).toEqual(['-'])
  })
})
