import { type RedirectOptions, redirect } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'

const to = async (options: RedirectOptions, target = '/old/a/b?q=1', odd: Asked = {}): Promise<unknown> => {
  const { status, headers } = await redirect(options)(asked(target, odd))
  return headers['location'] ?? status
}

describe('redirect', () => {
  it('is a 302 to a path, without a body', async () => {
    const answer = await redirect({ to: '/new' })(asked('/'))
    expect([answer.status, { ...answer.headers }, answer.body.kind]).toEqual([302, { location: '/new' }, 'empty'])
  })

  it.each([301, 302, 303, 307, 308] as const)('may be a %i', async (status) =>
    expect((await redirect({ to: '/', status })(asked('/'))).status).toBe(status),
  )

  it.each<[RedirectOptions, unknown]>([
    [{ to: '/new{path}' }, '/api/new/old/a/b?q=1'],
    [{ to: '/new{path}', keepQuery: false }, '/api/new/old/a/b'],
    [{ to: 'https://b.test{path}' }, 'https://b.test/old/a/b?q=1'],
    [{ to: () => '/x?y' }, '/api/x?y'],
    [{ to: () => '/x?y', keepQuery: true }, '/api/x?y&q=1'],
    [{ to: () => 'http://a.test/x' }, 'http://a.test/x'],
    [{ to: () => 'https://b.test/x', hosts: ['b.test'] }, 'https://b.test/x'],
    [{ to: () => '//evil.test' }, 400],
  ])('%o leads to %s', async (options, wanted) => expect(await to(options, undefined, { base: '/api' })).toBe(wanted))

  it('without a Host there is nowhere to send by the client’s own', async () => {
    const nameless = { client: { host: null, authority: null } }
    expect(await to({ to: 'https://{host}{path}' }, '/x', nameless)).toBe(400)
    expect(await to({ to: '/x' }, '/x', nameless)).toBe('/x')
  })

  it('H-096 a function that throws fails as its own error', async () =>
    expect(
      redirect({
        to: () => {
          throw new TypeError('boom')
        },
      })(asked('/')),
    ).rejects.toThrow('boom'))

  it.each([
    [{}, /option "to" is undefined/],
    [{ to: '' }, /option "to"/],
    [{ to: '/', status: 304 }, /301, 302, 303, 307 or 308/],
    [{ to: '/', hosts: ['b.test'] }, /whose host is fixed/],
    [{ to: () => '/', hosts: ['b.test/x'] }, /host names, as/],
    [{ to: '/', query: true }, /unknown option "query"/],
  ])('H-155 refuses %o', (options, message) => expect(() => redirect(options as never)).toThrow(message))
})
