import { type TrailingSlashOptions, trailingSlash } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { type Asked, asked } from '../../asked.js'
import { ran } from '../ran.js'

const to = async (options: TrailingSlashOptions, target: string, odd: Asked = {}): Promise<unknown> => {
  const { passed, reply } = await ran(trailingSlash(options), asked(target, odd))
  return passed === null ? `${reply.status} ${reply.headers['location']}` : 'passes'
}

describe('trailingSlash', () => {
  it.each<['add' | 'remove', string, Asked, string]>([
    ['remove', '/x/', {}, '308 /x'],
    ['remove', '/x/?a=/', {}, '308 /x?a=/'],
    ['remove', '/x/y.z/', {}, '308 /x/y.z'],
    ['remove', '/x', {}, 'passes'],
    ['remove', '/', {}, 'passes'],
    ['remove', '/x/', { base: '/api' }, '308 /api/x'],
    ['remove', '/', { base: '/api' }, 'passes'],
    ['remove', '/x/', { method: 'HEAD' }, '308 /x'],
    ['remove', '/x/', { method: 'POST' }, 'passes'],
    ['remove', '/x/', { upgrade: true }, 'passes'],
    ['add', '/x', {}, '308 /x/'],
    ['add', '/x?a', {}, '308 /x/?a'],
    ['add', '/x/', {}, 'passes'],
    ['add', '/', {}, 'passes'],
    ['add', '/x/y.png', {}, 'passes'],
    ['add', '/x.y/z', {}, '308 /x.y/z/'],
  ])('%s: %s with %o is %s', async (mode, target, odd, wanted) => expect(await to({ mode }, target, odd)).toBe(wanted))

  it('H-045 //evil.test/ leads to a path of the same host', async () =>
    expect(await to({ mode: 'remove' }, '//evil.test/')).toBe('308 /evil.test'))

  it('takes a status, and skips what is to be skipped', async () => {
    expect(await to({ mode: 'remove', status: 301 }, '/x/')).toBe('301 /x')
    expect(await to({ mode: 'remove', skip: () => true }, '/x/')).toBe('passes')
  })

  it('explains what it would do', () => {
    const filter = trailingSlash({ mode: 'remove' })
    expect(filter.explain!(asked('/x/'))).toMatchObject({ verdict: 'answer', why: '308 to /x' })
    expect(filter.explain!(asked('/x'))).toMatchObject({ verdict: 'pass' })
  })

  it.each([
    [{}, /option "mode" is undefined/],
    [{ mode: 'strip' }, /'add', 'remove'/],
  ])('H-155 refuses %o', (options, message) => expect(() => trailingSlash(options as never)).toThrow(message))
})
