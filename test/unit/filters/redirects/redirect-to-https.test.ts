import { type RedirectToHttpsOptions, redirectToHttps, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

const https: Asked = { client: { protocol: 'https', port: 443 } }
const run = (options: RedirectToHttpsOptions, odd: Asked = {}) => ran(redirectToHttps(options), asked('/x?y', odd))
const sts = async (hsts: RedirectToHttpsOptions['hsts'], odd = https): Promise<unknown> =>
  (await run({ hsts }, odd)).reply.headers['strict-transport-security']

describe('redirectToHttps', () => {
  it.each<[RedirectToHttpsOptions, Asked, number, string]>([
    [{}, {}, 308, 'https://a.test/x?y'],
    [{ status: 301, port: 8443 }, {}, 301, 'https://a.test:8443/x?y'],
    [{}, { base: '/api' }, 308, 'https://a.test/api/x?y'],
    [{}, { method: 'POST' }, 308, 'https://a.test/x?y'],
    [{}, { upgrade: true }, 308, 'https://a.test/x?y'],
    [{}, { client: { host: '[::1]', authority: '[::1]:3000', port: 3000 } }, 308, 'https://[::1]/x?y'],
  ])('%o with %o is a %i to %s', async (options, odd, status, location) => {
    const { passed, reply: answer } = await run(options, odd)
    expect([passed, answer.status, { ...answer.headers }]).toEqual([null, status, { location }])
  })

  it('lets HTTPS pass, and what is to be skipped', async () => {
    const plain = reply(200)
    const passing = await ran(redirectToHttps(), asked('/', https), () => plain)
    expect(passing.reply).toBe(plain)
    expect((await run({ skip: ({ target }) => target.path === '/x', hsts: true })).reply.status).toBe(200)
  })

  it('a client without a Host gets a 400', async () =>
    expect((await run({}, { client: { host: null } })).reply.status).toBe(400))

  it.each([
    [true, 'max-age=31536000'],
    [false, undefined],
    [undefined, undefined],
    [{ maxAgeMs: 0 }, 'max-age=0'],
    [{ maxAgeMs: 1999, includeSubDomains: true }, 'max-age=1; includeSubDomains'],
    [{ includeSubDomains: true, preload: true }, 'max-age=31536000; includeSubDomains; preload'],
  ])('hsts %o says %s', async (hsts, field) => expect(await sts(hsts)).toBe(field))

  it('never speaks of it over HTTP, nor over what the upstream says itself', async () => {
    expect(await sts(true, {})).toBeUndefined()
    const own = { 'strict-transport-security': 'max-age=1' }
    const { reply: answer } = await ran(redirectToHttps({ hsts: true }), asked('/', https), () => reply(200, null, own))
    expect({ ...answer.headers }).toEqual(own)
  })

  it('explains what it would do', () => {
    expect(redirectToHttps().explain!(asked('/'))).toMatchObject({ verdict: 'answer', why: '308 to HTTPS' })
    expect(redirectToHttps().explain!(asked('/', https))).toMatchObject({ verdict: 'pass' })
  })

  it.each([
    [{ port: 0 }, /from 1 to 65535/],
    [{ status: 200 }, /301, 302, 303, 307 or 308/],
    [{ hsts: 5 }, /true or false, or an object/],
    [{ hsts: { maxAge: 1 } }, /redirectToHttps hsts: unknown option "maxAge"/],
    [{ hsts: { preload: true } }, /with includeSubDomains and a year/],
    [{ hsts: { preload: true, includeSubDomains: true, maxAgeMs: 1000 } }, /with includeSubDomains and a year/],
  ])('H-155 refuses %o', (options, message) => expect(() => redirectToHttps(options as never)).toThrow(message))
})
