import { describe, expect, it } from 'vitest'
import { endpointsOfConsul } from '../../../../src/upstream/discovery/consul-entries.js'

const as = { protocol: 'http', host: undefined } as const
const node = { Address: '10.9.9.9' }

describe('endpoints of a Consul answer', () => {
  it('are at the service’s address, or at its node’s', () => {
    const found = endpointsOfConsul(
      [
        { Node: node, Service: { Address: 'fd00::1', Port: 80 } },
        { Node: node, Service: { Address: '', Port: 81 } },
        { Node: node, Service: { Port: 82 } },
      ],
      as,
    )
    expect(found.map(({ url }) => url)).toEqual(['http://10.9.9.9:81', 'http://10.9.9.9:82', 'http://[fd00::1]:80'])
  })

  it.each([
    [{ Passing: 7, Warning: 2 }, 'passing', 7],
    [{ Passing: 7, Warning: 2 }, 'warning', 2],
    [{ Passing: 100_000 }, 'passing', 65_535],
    [undefined, 'warning', 1],
  ])('have of weights %j, when %s, %i', (Weights, Status, weight) => {
    const Service = { Address: '10.0.0.1', Port: 80, ...(Weights && { Weights }) }
    const [found] = endpointsOfConsul([{ Node: node, Service, Checks: [{ Status: 'passing' }, { Status }] }], as)
    expect(found!.weight).toBe(weight)
  })

  it('are in the zone of the service, or of its node, or in none', () => {
    const zoneOf = (more: object, at: object = node) =>
      endpointsOfConsul([{ Node: at, Service: { Port: 80, ...more } }], as)[0]!.zone
    const local = { ...node, Locality: { Zone: 'b' } }
    expect(zoneOf({ Locality: { Zone: 'a' } }, local)).toBe('a')
    expect(zoneOf({ Locality: null }, local)).toBe('b')
    expect(zoneOf({})).toBeUndefined()
  })

  it('are refused when the answer is no list', () => {
    for (const answer of [undefined, null, {}, 'text', Buffer.from('<html>')])
      expect(() => endpointsOfConsul(answer, as)).toThrow(/no list/)
  })
})
