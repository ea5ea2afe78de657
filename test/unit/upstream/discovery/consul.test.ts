import { consulDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'

const good = { consul: {}, service: 'users' }

describe('consulDiscovery', () => {
  it.each([
    [{ ...good, consul: undefined }, /"consul" is undefined/],
    [{ ...good, service: undefined }, /"service" is undefined/],
    [{ ...good, service: '' }, /"service"/],
    [{ ...good, waitMs: 999 }, /"waitMs" is 999; allowed: a whole number from 1000 to 600000/],
    [{ ...good, passing: 1 }, /"passing" is 1/],
    [{ ...good, datacenter: 'x' }, /unknown option "datacenter"/],
  ])('refuses %j', (options, message) => {
    expect(() => consulDiscovery(options as never)).toThrow(message)
  })
})
