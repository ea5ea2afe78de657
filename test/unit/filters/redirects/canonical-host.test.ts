import { type CanonicalHostOptions, canonicalHost } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { asked } from '../../asked.js'
import { ran } from '../ran.js'

const to = async (options: CanonicalHostOptions, authority: string | null, protocol: 'http' | 'https' = 'https') => {
  const [host = null, port = protocol === 'https' ? '443' : '80'] = authority?.split(/:(?=\d+$)/) ?? []
  const client = { authority, host, port: Number(port), protocol }
  const { passed, reply } = await ran(canonicalHost(options), asked('/x?y', { client, base: '/api' }))
  return passed === null ? `${reply.status} ${reply.headers['location']}` : 'passes'
}

describe('canonicalHost', () => {
  it.each<[CanonicalHostOptions, string | null, string]>([
    [{ host: 'a.test' }, 'b.test', '308 https://a.test/api/x?y'],
    [{ host: 'a.test', status: 301 }, 'b.test:8443', '301 https://a.test/api/x?y'],
    [{ host: 'A.test' }, 'a.test', 'passes'],
    [{ host: 'a.test' }, 'a.test:8443', 'passes'],
    [{ host: 'a.test:8443' }, 'a.test:8443', 'passes'],
    [{ host: 'a.test:8443' }, 'a.test', '308 https://a.test:8443/api/x?y'],
    [{ host: 'a.test' }, null, 'passes'],
    [{ host: 'a.test', skip: () => true }, 'b.test', 'passes'],
    [{ www: 'add' }, 'a.test', '308 https://www.a.test/api/x?y'],
    [{ www: 'add' }, 'a.test:8443', '308 https://www.a.test:8443/api/x?y'],
    [{ www: 'add' }, 'www.a.test', 'passes'],
    [{ www: 'remove' }, 'www.a.test', '308 https://a.test/api/x?y'],
    [{ www: 'remove' }, 'a.test', 'passes'],
    [{ www: 'add' }, 'localhost', 'passes'],
    [{ www: 'add' }, '127.0.0.1', 'passes'],
    [{ www: 'add' }, '[::1]', 'passes'],
    [{ www: 'add' }, null, 'passes'],
  ])('%o: %s is %s', async (options, authority, wanted) => expect(await to(options, authority)).toBe(wanted))

  it('keeps the protocol', async () =>
    expect(await to({ host: 'a.test' }, 'b.test', 'http')).toBe('308 http://a.test/api/x?y'))

  it('explains what it would do', () => {
    expect(canonicalHost({ host: 'b.test' }).explain!(asked('/'))).toMatchObject({
      verdict: 'answer',
      why: '308 to http://b.test/',
    })
    expect(canonicalHost({ host: 'a.test' }).explain!(asked('/'))).toMatchObject({ verdict: 'pass' })
  })

  it.each([
    [{}, /one of the two/],
    [{ host: 'a.test', www: 'add' }, /one of the two/],
    [{ host: 'http://a.test' }, /a host name/],
    [{ www: true }, /'add', 'remove'/],
  ])('H-155 refuses %o', (options, message) => expect(() => canonicalHost(options as never)).toThrow(message))
})
