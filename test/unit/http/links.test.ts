import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitLinks } from '../../../src/http/links.js'

describe('splitLinks', () => {
  it.each([
    ['', []],
    [' , ', []],
    ['</a>; rel=preload', ['</a>; rel=preload']],
    ['</a>; rel=preload, </b>', ['</a>; rel=preload', '</b>']],
    ['</a,b>; x="c, d", </e>', ['</a,b>; x="c, d"', '</e>']],
    ['</a>; x="c\\", d", </e>', ['</a>; x="c\\", d"', '</e>']],
    ['</a"b>, </c>', ['</a"b>', '</c>']],
    ['</a', ['</a']],
    ['x="a, b', ['x="a, b']],
  ])('%j is %j', (field, links) => {
    expect(splitLinks(field)).toEqual(links)
  })

  it('puts nothing together that was apart, and loses nothing', () => {
    const link = fc
      .tuple(fc.stringMatching(/^[a-z,"]{0,8}$/), fc.stringMatching(/^[a-z,<>]{0,8}$/))
      .map(([target, title]) => `<${target}>; title="${title}"`)
    fc.assert(
      fc.property(fc.array(link), (links) => {
        expect(splitLinks(links.join(', '))).toEqual(links)
      }),
    )
  })
})
