import { createPool, forward, type Pool, reply, rewriteLocation } from 'edgewise'
import { afterAll, describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

const pools: Pool[] = []
afterAll(() => Promise.all(pools.map((pool) => pool.close())))

/** What becomes of fields that a handler behind an endpoint of this process replies with. */
async function after(
  options: Parameters<typeof rewriteLocation>[0],
  fields: Record<string, string>,
  odd: Asked = {},
  host?: string,
): Promise<Record<string, unknown>> {
  const handler = async () => reply(302, null, fields)
  const pool = createPool({ name: 'here', endpoints: [{ handler, ...(host && { host }) }] })
  pools.push(pool)
  const { reply: answer } = await ran(rewriteLocation(options), asked('/x', odd), forward({ pool, via: false }))
  return { ...answer.headers }
}

describe('rewriteLocation', () => {
  it('knows the endpoint that answered, by the name that it is asked for, too', async () => {
    expect(await after({}, { location: 'http://localhost/y' })).toEqual({ location: 'http://a.test/y' })
    expect(await after({}, { location: 'http://app.internal:8080/y' }, {}, 'app.internal:8080')).toEqual({
      location: 'http://a.test/y',
    })
  })

  it('rewrites Location, Content-Location and Refresh, and nothing else', async () => {
    const url = 'http://localhost/y'
    const fields = { location: url, 'content-location': url, refresh: `5; url=${url}`, link: `<${url}>`, 'x-url': url }
    expect(await after({}, fields, { base: '/api' })).toEqual({
      ...fields,
      location: 'http://a.test/api/y',
      'content-location': 'http://a.test/api/y',
      refresh: '5; url=http://a.test/api/y',
    })
  })

  it.each([
    ['5; url=http://localhost/y', '5; url=http://a.test/y'],
    ['5;URL=http://localhost/y', '5;URL=http://a.test/y'],
    ['5, http://localhost/y', '5, http://a.test/y'],
    ["0;url='http://localhost/y'", "0;url='http://a.test/y'"],
    ['0;url = "http://localhost/y" ', '0;url = "http://a.test/y" '],
    ['0;url="http://localhost/y', '0;url="http://localhost/y'],
    ['5', '5'],
    ['5; url=http://evil/y', '5; url=http://evil/y'],
    ['', ''],
  ])('Refresh %j becomes %j', async (refresh, wanted) =>
    expect(await after({}, { refresh })).toEqual({ refresh: wanted }),
  )

  it('knows more names, and undoes a rewrite', async () => {
    const options = { from: ['https://app.internal/v2'], paths: { '/people': '/users' } }
    expect(await after(options, { location: 'https://app.internal/v2/people/7' })).toEqual({
      location: 'http://a.test/users/7',
    })
  })

  it('sends to a fixed origin, if told so', async () =>
    expect(await after({ origin: 'https://www.a.test/' }, { location: 'http://localhost/y' })).toEqual({
      location: 'https://www.a.test/y',
    }))

  it('by the protocol and the port that the client asked for', async () =>
    expect(
      await after({}, { location: 'http://localhost/y' }, { client: { protocol: 'https', authority: 'a.test:8443' } }),
    ).toEqual({ location: 'https://a.test:8443/y' }))

  it('leaves a reply of nobody upstream as it is: it knows where it is', async () => {
    const own = reply(302, null, { location: '/y' })
    expect((await ran(rewriteLocation(), asked('/x', { base: '/api' }), () => own)).reply).toBe(own)
  })

  it('passes on a reply without such a field as it is', async () => {
    const own = reply(200)
    expect((await ran(rewriteLocation({ from: ['http://up'] }), asked('/x'), () => own)).reply).toBe(own)
  })

  it('changes a copy: a reply is a value', async () => {
    const shared = reply(302, null, { location: 'http://up/y' })
    const { reply: answer } = await ran(rewriteLocation({ from: ['http://up'] }), asked('/x'), () => shared)
    expect([shared.headers['location'], answer.headers['location']]).toEqual(['http://up/y', 'http://a.test/y'])
  })

  it('explains itself', () => expect(rewriteLocation().explain!(asked('/'))).toMatchObject({ verdict: 'depends' }))

  it.each([
    [{ from: ['up'] }, /option "from" is "up"; allowed: URLs like/],
    [{ from: ['ftp://up'] }, /URLs like/],
    [{ from: ['http://u@up'] }, /URLs like/],
    [{ from: ['http://up/?q'] }, /URLs like/],
    [{ from: ['http://up/a/../b'] }, /a plain path/],
    [{ origin: 'http://up/x' }, /without a path/],
    [{ origin: 'up' }, /URLs like/],
    [{ paths: { a: '/b' } }, /a plain path/],
    [{ to: 'x' }, /unknown option "to"/],
  ])('H-155 refuses %o', (options, message) => expect(() => rewriteLocation(options as never)).toThrow(message))
})
