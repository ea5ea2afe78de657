import { describe, expect, it } from 'vitest'
import { absence, type DnsResolver, isAbsence, Names } from '../../../../src/upstream/discovery/names.js'

const { signal } = new AbortController()

/** Answers from a table of `name family`; an error is what it fails with. */
function resolver(table: Record<string, readonly (readonly [address: string, ttl: number])[] | Error>): DnsResolver {
  const ask = async (key: string) => {
    const found = table[key] ?? absence(key)
    if (found instanceof Error) throw found
    return found.map(([address, ttl]) => ({ address, ttl }))
  }
  return { resolve4: (name) => ask(`${name} 4`), resolve6: (name) => ask(`${name} 6`), resolveSrv: async () => [] }
}

const servfail = Object.assign(new Error('SERVFAIL'), { code: 'ESERVFAIL' })

describe('names', () => {
  it('resolve to all addresses and the shortest TTL', async () => {
    const dns = resolver({
      'a 4': [
        ['10.0.0.1', 30],
        ['10.0.0.2', 20],
      ],
      'a 6': [['fd00::1', 60]],
    })
    expect(await new Names().addresses(dns, 'a', [4, 6], signal)).toEqual({
      addresses: ['10.0.0.1', '10.0.0.2', 'fd00::1'],
      ttlMs: 20_000,
    })
  })

  it('are absent only if every family says so; else the failure counts', async () => {
    const absent = new Names().addresses(resolver({}), 'a', [4, 6], signal)
    await expect(absent).rejects.toSatisfy(isAbsence)
    await expect(new Names().addresses(resolver({ 'a 4': servfail }), 'a', [4, 6], signal)).rejects.toBe(servfail)
    await expect(new Names().addresses(resolver({ 'a 6': servfail }), 'a', [4, 6], signal)).rejects.toBe(servfail)
    await expect(new Names().addresses(resolver({ 'a 4': [] }), 'a', [4], signal)).rejects.toSatisfy(isAbsence)
  })

  it('fail when nothing fresh was answered, though addresses are remembered', async () => {
    const names = new Names()
    await names.addresses(resolver({ 'a 4': [['10.0.0.1', 1]] }), 'a', [4], signal)
    await expect(names.addresses(resolver({ 'a 4': servfail }), 'a', [4], signal)).rejects.toBe(servfail)
    expect(names.remembered('a')).toEqual(['10.0.0.1'])
  })

  it('have IPv6 addresses only where they have no IPv4, not where that is not known', async () => {
    const both = resolver({ 'a 4': [['10.0.0.1', 1]], 'a 6': [['fd00::1', 1]] })
    expect((await new Names().eitherFamily(both, 'a', signal)).addresses).toEqual(['10.0.0.1'])
    const six = resolver({ 'a 6': [['fd00::1', 1]] })
    expect((await new Names().eitherFamily(six, 'a', signal)).addresses).toEqual(['fd00::1'])
    const unknown = resolver({ 'a 4': servfail, 'a 6': [['fd00::1', 1]] })
    await expect(new Names().eitherFamily(unknown, 'a', signal)).rejects.toBe(servfail)
  })

  it('are forgotten that nobody refers to any more, so that targets which come and go don’t pile up', async () => {
    const names = new Names()
    for (const name of ['a', 'b'])
      await names.addresses(resolver({ [`${name} 4`]: [['10.0.0.1', 1]] }), name, [4], signal)
    names.retain(new Set(['b']))
    expect([names.remembered('a'), names.remembered('b')]).toEqual([[], ['10.0.0.1']])
  })
})
