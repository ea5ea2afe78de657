import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientLimit } from '../../../src/tcp/client-limit.js'

describe('the limit of connections per client', () => {
  it.each([
    ['the same address', '192.0.2.1', '192.0.2.1', true],
    ['another address', '192.0.2.1', '192.0.2.2', false],
    ['the same address mapped into IPv6', '192.0.2.1', '::ffff:192.0.2.1', true],
    ['an IPv6 address of the same /64', '2001:db8::1', '2001:db8:0:0:ffff::9', true],
    ['an IPv6 address of another /64', '2001:db8::1', '2001:db8:0:1::1', false],
    ['an address with a zone', 'fe80::1%eth0', 'fe80::2%eth1', true],
  ])('takes %s for what it is', (_what, first, second, same) => {
    const limit = new ClientLimit(1)
    expect(limit.enter(first)).not.toBeNull()
    expect(limit.enter(second) === null).toBe(same)
  })

  it('is none for Unix sockets, nor when it is 0', () => {
    const [one, none] = [new ClientLimit(1), new ClientLimit(0)]
    for (let at = 0; at < 10; at++) {
      expect(one.enter('')).not.toBeNull()
      expect(none.enter('192.0.2.1')).not.toBeNull()
    }
    expect([one.clients, none.clients]).toEqual([0, 0])
  })

  it('is never passed, and forgets whoever has left', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'), fc.boolean()))
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (moves, most) => {
        const limit = new ClientLimit(most)
        const inside = new Map<string, (() => void)[]>()
        for (const [client, enters] of moves) {
          const exits = inside.get(client) ?? []
          inside.set(client, exits)
          if (!enters) exits.pop()?.()
          else {
            const exit = limit.enter(client)
            expect(exit === null).toBe(exits.length === most)
            if (exit !== null) exits.push(exit)
          }
        }
        for (const exit of [...inside.values()].flat()) exit()
        expect(limit.clients).toBe(0)
      }),
    )
  })
})
