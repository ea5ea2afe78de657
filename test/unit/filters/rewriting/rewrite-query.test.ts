import { type RewriteQueryOptions, rewriteQuery } from 'edgewise'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const sent = async (options: RewriteQueryOptions, query: string): Promise<string> => {
  const exchange = asked(`/x${query}`, { headers: { 'x-tenant': 'a&b=c' }, params: { id: 'a%20b' } })
  return (await ran(rewriteQuery(options), exchange)).passed!.wire.query
}

describe('rewriteQuery', () => {
  it.each<[RewriteQueryOptions, string, string]>([
    [{ set: { b: '2' } }, '?a=1&b=0&c=3', '?a=1&b=2&c=3'],
    [{ set: { b: '2' } }, '?b=0&a=1&b=1', '?b=2&a=1'],
    [{ set: { b: '2' } }, '', '?b=2'],
    [{ set: { b: '2' } }, '?', '?b=2'],
    [{ set: { b: '2' } }, '?b', '?b=2'],
    [{ append: { b: '2' } }, '?b=1', '?b=1&b=2'],
    [{ append: { b: '2' } }, '', '?b=2'],
    [{ remove: ['a'] }, '?a=1&b=2&a&a=', '?b=2'],
    [{ remove: ['a'] }, '?a=1', ''],
    [{ rename: { q: 'query' } }, '?q=1&x&q', '?query=1&x&query'],
    [{ rename: { q: 'b c' } }, '?q=1', '?b%20c=1'],
    [{ rename: { q: 'b' }, set: { b: '2' } }, '?q=1&b=0', '?b=2'],
    [{ rename: { q: 'b' }, remove: ['b'] }, '?q=1&b=0', '?b=1'],
    [{ set: { t: '{headers.x-tenant}', id: '{params.id}' } }, '', '?t=a%26b%3Dc&id=a%20b'],
    [{ set: { t: 'a b&c' } }, '', '?t=a%20b%26c'],
    [{ append: { next: '{path}?{query}' } }, '?a=1', '?a=1&next=%2Fx%3Fa%3D1'],
    // names are compared as what they mean
    [{ remove: ['a b'] }, '?a+b=1&a%20b=2&%61+b=3&c', '?c'],
    [{ remove: ['é'] }, '?%C3%A9=1&c', '?c'],
    [{ remove: ['a'] }, '?%61=1&c', '?c'],
    [{ remove: ['a[]'] }, '?a[]=1&a%5B%5D=2&c', '?c'],
    [{ remove: ['__proto__'], set: { constructor: '1' } }, '?__proto__=1&constructor=0', '?constructor=1'],
  ])('%o: %s becomes %s', async (options, query, wanted) => expect(await sent(options, query)).toBe(wanted))

  it.each(['', '?', '??', '?&', '?a&&b=', '?a=1;b=2', '?%zz=%', '?a=%e9', '?=', '?a=1&a=1'])(
    'H-047 %j passes byte for byte where no rule is about it',
    async (query) => {
      const exchange = asked(`/x${query}`)
      const { passed } = await ran(
        rewriteQuery({ remove: ['none'], rename: { none: 'x' }, set: {}, append: {} }),
        exchange,
      )
      expect(passed).toBe(exchange)
    },
  )

  it('H-047 parameters that no rule names keep their bytes and their order', () => {
    const part = fc.stringMatching(/^[!"$%'()*+,\-./0-9:;<=>?@A-Z[\]^_`a-z{|}~]{0,12}$/)
    return fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const own = parts.filter((each) => !/^(?:z|%7[aA])(?:=|$)/.test(each))
        const query = `?${own.join('&')}`
        fc.pre(query.length > 1)
        expect(await sent({ append: { z: '1' } }, query)).toBe(`${query}&z=1`)
      }),
    )
  })

  it('H-201 ten thousand parameters cost linear time', async () => {
    const query = `?${Array.from({ length: 5000 }, (_, at) => `${at}`).join('&')}`
    const before = process.cpuUsage()
    for (let time = 0; time < 10; time++) await sent({ set: { 4999: 'x' }, remove: ['1'], rename: { 2: '3' } }, query)
    expect(process.cpuUsage(before).user).toBeLessThan(500_000)
  })

  it('rewrites what one before it has made of the path', async () => {
    const exchange = asked('/x').with({ wire: '/y?a' })
    expect((await ran(rewriteQuery({ set: { b: '1' } }), exchange)).passed!.wire.href).toBe('/y?a&b=1')
  })

  it('explains what it would send', () => {
    const filter = rewriteQuery({ remove: ['a'] })
    expect(filter.explain!(asked('/x?a'))).toMatchObject({ verdict: 'change', why: 'sends no query' })
    expect(filter.explain!(asked('/x?b'))).toMatchObject({ verdict: 'pass' })
  })

  it.each([
    [{ set: { a: 5 } }, /option "set\.a" is 5; allowed: a text/],
    [{ rename: { a: null } }, /option "rename\.a"/],
    [{ append: { a: '{nobody}' } }, /"\{nobody\}"/],
    [{ remove: 'a' }, /an array of strings/],
    [{ delete: [] }, /unknown option "delete"/],
  ])('H-155 refuses %o', (options, message) => expect(() => rewriteQuery(options as never)).toThrow(message))
})
