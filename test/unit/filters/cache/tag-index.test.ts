import { describe, expect, it } from 'vitest'
import { TagIndex } from '../../../../src/filters/cache/tag-index.js'

describe('TagIndex', () => {
  it('finds items by each of their tags', () => {
    const index = new TagIndex<string>()
    index.add(['a', 'b'], 'one')
    index.add(['b', 'b'], 'two')
    expect(index.of('a')).toEqual(['one'])
    expect(index.of('b')).toEqual(['one', 'two'])
    expect(index.of('c')).toEqual([])
  })

  it('forgets a tag with its last item', () => {
    const index = new TagIndex<string>()
    index.add(['a', 'b'], 'one')
    index.add(['b'], 'two')
    index.remove(['a', 'b', 'never'], 'one')
    expect(index.size).toBe(1)
    index.remove(['b'], 'nobody')
    expect(index.of('b')).toEqual(['two'])
    index.remove(['b', 'b'], 'two')
    expect(index.size).toBe(0)
  })

  it('gives lists that later changes leave alone', () => {
    const index = new TagIndex<string>()
    index.add(['a'], 'one')
    const found = index.of('a')
    index.remove(['a'], 'one')
    expect(found).toEqual(['one'])
  })
})
