import { dnsDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../support/index.js'

const good = { hostname: 'app.test', port: 80 }

describe('dnsDiscovery', () => {
  it.each([
    [{ ...good, hostname: undefined }, /"hostname" is undefined/],
    [{ ...good, hostname: '10.0.0.1' }, /"hostname" is "10\.0\.0\.1"; allowed: a host name/],
    [{ ...good, hostname: 'http://a' }, /allowed: a host name/],
    [{ hostname: 'app.test' }, /"port" is undefined; allowed: 1 to 65535/],
    [{ ...good, type: 'SRV' }, /"port" is 80; allowed: none/],
    [{ ...good, type: 'MX' }, /'A', 'AAAA', 'both', 'SRV'/],
    [{ ...good, protocol: 'ftp' }, /"protocol"/],
    [{ ...good, minTtlMs: 0 }, /"minTtlMs" is 0/],
    [{ ...good, maxTtlMs: Number.NaN }, /"maxTtlMs"/],
    [{ ...good, absentHoldMs: -1 }, /"absentHoldMs"/],
    [{ ...good, host: 'a b' }, /"host"/],
    [{ ...good, resolver: {}, servers: ['127.0.0.1'] }, /none with a resolver/],
    [{ ...good, ttl: 1 }, /unknown option "ttl"/],
  ])('refuses %j', (options, message) => {
    expect(() => dnsDiscovery(options as never)).toThrow(message)
  })

  it('takes a resolver and a clock, and leaves neither a timer nor a question’s failure behind', async () => {
    const clock = fakeClock()
    const late = Promise.withResolvers<never>()
    const answers = [Promise.resolve([{ address: '10.0.0.1', ttl: 7 }]), late.promise]
    const resolver = { resolve4: () => answers.shift()!, resolve6: async () => [], resolveSrv: async () => [] }
    const lists = dnsDiscovery({
      hostname: 'app.test.',
      port: 443,
      protocol: 'https',
      resolver,
      clock: { setTimeout: clock.setTimeout, clearTimeout: (timer) => clock.clearTimeout(timer as never) },
    })[Symbol.asyncIterator]()
    expect(await lists.next()).toEqual({ done: false, value: [{ url: 'https://10.0.0.1:443', host: 'app.test' }] })
    const next = lists.next()
    await clock.advance(6_999)
    expect(answers).toHaveLength(1)
    await clock.advance(1)
    expect(answers).toHaveLength(0)
    await lists.return!()
    expect(await next).toEqual({ done: true, value: undefined })
    late.reject(new Error('late'))
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })
})
