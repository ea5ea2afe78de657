import { describe, expect, it } from 'vitest'
import { inPath, named } from '../../../../src/observing/admin/names.js'

const all = ['http://a', 'http:/a', 'unix:/run/a.sock', 'a//b', 'x//y///z', 'https://b//c'].map((name) => ({ name }))

describe('a name in a path', () => {
  it.each([
    ['http://a', 'http://a'],
    ['http:/a', 'http:/a'],
    ['unix:/run/a.sock', 'unix:/run/a.sock'],
    ['a/b', 'a//b'],
    ['x/y/z', 'x//y///z'],
    ['https:/b/c', 'https://b//c'],
    ['https://b//c', 'https://b//c'],
    ['http:/b', undefined],
    ['', undefined],
  ])('%j finds %j', (name, found) => expect(named(all, name)?.name).toBe(found))

  it('finds a URL by what is left of it', () => {
    expect(named([{ name: 'http://10.0.0.1:3000' }], 'http:/10.0.0.1:3000')).toBeDefined()
  })

  it.each([
    ['http://10.0.0.1:3000', 'http://10.0.0.1:3000'],
    ['http://[::1]:80', 'http://%5B::1%5D:80'],
    ['100%', '100%25'],
    ['a b?c#d;e', 'a%20b%3Fc%23d%3Be'],
    ['é', '%C3%A9'],
    ['\ud800', '%EF%BF%BD'],
  ])('%j stands there as %s', (name, path) => expect(inPath(name)).toBe(path))
})
