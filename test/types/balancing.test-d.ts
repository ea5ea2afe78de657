import {
  type Balanced,
  type Balancer,
  createPool,
  type Endpoint,
  firstAvailable,
  leastConnections,
  powerOfTwoChoices,
  random,
  ringHash,
  roundRobin,
  stickyCookie,
} from 'edgewise'
import { describe, expectTypeOf, it } from 'vitest'

interface Shard extends Balanced {
  readonly shard: number
}

describe('a balancer', () => {
  it('is of what it balances', () => {
    expectTypeOf(roundRobin()).toEqualTypeOf<Balancer>()
    const shards = leastConnections<Shard>()
    shards.rebuild([{ name: 'a', weight: 1, inFlight: 0, shard: 7 }])
    expectTypeOf(shards.pick(null, ({ shard }) => shard === 7)).toEqualTypeOf<Shard | undefined>()
    // @ts-expect-error a shard has a number
    shards.rebuild([{ name: 'a', weight: 1, inFlight: 0 }])
    // @ts-expect-error it does not balance names
    roundRobin<string>()
  })

  it('is taken for a pool’s endpoints as it is made', () => {
    const pool = (balancer: Balancer<Endpoint>) => createPool({ name: 'x', endpoints: [], balancer })
    pool(roundRobin())
    pool(random())
    pool(firstAvailable())
    pool(powerOfTwoChoices())
    pool(ringHash({ key: ({ client }) => client.address }))
    pool(stickyCookie({ name: 'shop', secret: 'x', fallback: leastConnections() }))
    // @ts-expect-error endpoints of a pool are no shards
    pool(leastConnections<Shard>())
    // @ts-expect-error it cannot pick
    pool({ name: 'none', rebuild: () => {} })
  })

  it('of one’s own picks what it was given', () => {
    const first: Balancer<Endpoint> = {
      name: 'first',
      rebuild: (endpoints) => void expectTypeOf(endpoints).toEqualTypeOf<readonly Endpoint[]>(),
      pick: (_exchange, skip) => {
        expectTypeOf(skip).parameters.toEqualTypeOf<[endpoint: Endpoint]>()
        return undefined
      },
    }
    expectTypeOf(first.changed).toExtend<((endpoint: Endpoint) => void) | undefined>()
  })
})
