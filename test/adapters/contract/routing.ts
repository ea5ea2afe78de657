import { createGateway, EdgeError, reply } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { upstream } from '../../support/index.js'
import type { Harness } from '../harness/harness.js'
import { appOver, ask, bases, below, gatewayTo, said } from './kit.js'

/** Targets and the path the upstream sees; `app`: the framework's next answers; a number: refused. */
export const targets: readonly (readonly [string, string | number])[] = [
  ['/api', '/'],
  ['/api/', '/'],
  ['/api?q=1', '/?q=1'],
  ['/api/x', '/x'],
  ['/api/x/?a=%2F&b', '/x/?a=%2F&b'],
  ['/api//x', '/x'],
  ['//api/x', '/x'],
  ['/%61pi/x', '/x'],
  ['/api/%61dmin', '/admin'],
  ['/api%2fx', 400],
  ['/API', 'app'],
  ['/API/x', 'app'],
  ['/apix', 'app'],
  ['/x', 'app'],
]

/** What cannot be made canonical, below its prefix (H-030…H-040). */
export const refused = [
  '/../x',
  '/%2e%2e/x',
  '/.%2E',
  '/x/./y',
  '/x%2fy',
  '/x%5cy',
  '/x;v=1',
  '/x%00',
  '/x%0d%0a',
  '/%c0%ae',
  '/x\\y',
]

export function routing(harness: Harness): void {
  const { name, traits } = harness
  describe.each(bases)(`${name} at %s: routing`, (base) => {
    it('sends what is below the base, and says what the base was', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base, mount: base })
      const answer = await ask(app.port, below(base, '/users/1?x=1&x=2'))
      const { url, headers } = said(answer)
      expect(url).toBe('/users/1?x=1&x=2')
      expect(headers['x-forwarded-prefix']).toBe(base === '/' ? undefined : base)
      expect(headers['x-forwarded-host']).toBe('a.test')
    })

    it('falls through to the framework with nothing run and nothing touched', async () => {
      let ran = 0
      const gateway = createGateway({
        filters: [
          (exchange, next) => {
            ran++
            return next(exchange)
          },
        ],
        routes: [{ path: '/known', methods: ['GET'], handler: async () => reply(200, 'known') }],
      })
      await using app = await harness.listen(gateway, { base })
      expect((await ask(app.port, below(base, '/known'))).body.toString()).toBe('known')
      expect(ran).toBe(1)
      for (const [method, target, body] of [
        ['POST', below(base, '/unknown?q'), 'a=1'],
        ['POST', below(base, '/known'), 'method not ours'],
        ['GET', '/elsewhere', undefined],
      ] as const) {
        const answer = await ask(app.port, target, {
          method,
          fields: 'Content-Type: text/plain\r\n',
          ...(body === undefined ? {} : { body }),
        })
        expect(said(answer)).toMatchObject({ app: true, url: target, body: body ?? '', base: null })
        expect(answer.status).toBe(200)
      }
      expect(ran).toBe(1)
      expect(app.errors).toEqual([])
    })

    it('answers 404 and 405 itself when it does not fall through', async () => {
      const gateway = createGateway({
        routes: [{ path: '/known', methods: ['GET', 'PUT'], handler: async () => reply(200, 'known') }],
      })
      await using app = await harness.listen(gateway, { base, fallThrough: false })
      expect((await ask(app.port, below(base, '/unknown'))).status).toBe(404)
      expect((await ask(app.port, '/elsewhere')).status).toBe(404)
      const denied = await ask(app.port, below(base, '/known'), { method: 'DELETE' })
      expect(denied.status).toBe(405)
      expect(denied.header('allow')).toBe('GET, HEAD, PUT')
      expect((await ask(app.port, below(base, '/known'), { method: 'HEAD' })).status).toBe(200)
      expect(app.errors).toEqual([])
    })

    it.each(refused)(
      'H-030 H-031 H-032 H-039 H-040 H-043 H-190 refuses %s below its base, and forwards it never',
      async (path) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base })
        expect((await ask(app.port, below(base, path))).status).toBe(400)
        expect(far.hits).toBe(0)
      },
    )
  })

  describe(`${name} at /api: what is under the base`, () => {
    it.each(targets)('H-033 H-034 H-037 H-041 H-043 H-190 %s is %s', async (target, expected) => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base: '/api' })
      const answer = await ask(app.port, target)
      if (typeof expected === 'number') expect(answer.status).toBe(expected)
      else expect(said(answer)).toMatchObject(expected === 'app' ? { app: true, url: target } : { url: expected })
      expect(far.hits).toBe(typeof expected === 'string' && expected !== 'app' ? 1 : 0)
    })

    it.each(targets)(
      'H-043 H-190 mounted by the framework, %s is the same, or does not arrive',
      async (target, expected) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base: '/api', mount: '/api' })
        const answer = await ask(app.port, target)
        const wanted = traits.mountMisses.includes(target) ? 'app' : expected
        if (typeof wanted === 'number') expect(answer.status).toBe(wanted)
        else expect(said(answer)).toMatchObject(wanted === 'app' ? { app: true, url: target } : { url: wanted })
      },
    )

    it.each(['/other/../api/x', '/other/%2e%2e/api/x', '/x;v=1', '/x%5cy'])(
      'H-043 H-190 leaves %s, which is not below it, to the framework',
      async (target) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base: '/api' })
        const answer = await ask(app.port, target)
        expect(said(answer)).toMatchObject({ app: true, url: target })
        expect(far.hits).toBe(0)
        expect(app.errors).toEqual([])
      },
    )

    it('refuses the same when nobody else is there to answer', async () => {
      await using far = await upstream()
      await using app = await appOver(harness, far.url, { base: '/api', fallThrough: false })
      expect((await ask(app.port, '/other/%2e%2e/api/x')).status).toBe(400)
    })
  })

  if (!traits.strips) return
  describe(`${name}: the mount point`, () => {
    it.each([
      { mount: '/api', base: '/', target: '/api/x' },
      { mount: '/api', base: '/', target: '/api?x' },
      { mount: '/api', base: '/v1', target: '/api/x?y' },
    ])(
      'H-043 H-190 fails for $target when the framework strips $mount and base is $base, naming both',
      async ({ mount, base, target }) => {
        await using far = await upstream()
        await using app = await appOver(harness, far.url, { base, mount })
        const answer = await ask(app.port, target)
        expect(answer.status).toBe(500)
        expect(app.errors).toHaveLength(1)
        const [error] = app.errors as EdgeError[]
        expect(error).toBeInstanceOf(EdgeError)
        expect(error).toMatchObject({ code: 'ERR_EDGE_BASE_MISMATCH', message: expect.stringContaining(`"${mount}"`) })
        expect(error!.message).toContain(`"${base}"`)
        expect(far.hits).toBe(0)
      },
    )

    it('H-190 leaves the path as the framework had it to what comes behind', async () => {
      await using app = await harness.listen(
        gatewayTo(async () => reply(200), { routes: [] }),
        { base: '/api', mount: '/api' },
      )
      expect(said(await ask(app.port, '/api/x?y'))).toMatchObject({ app: true, url: '/api/x?y' })
    })
  })
}
