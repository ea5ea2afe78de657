import { describe, expect, it } from 'vitest'
import { meansDown, replyWord, wordsOf } from '../../../src/redis/reply-error.js'

describe('an error', () => {
  it.each([
    ['WRONGTYPE Operation against a key', 'WRONGTYPE', false],
    ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT', false],
    ['OOM command not allowed', 'OOM', false],
    ['ERR syntax error', 'ERR', false],
    ['BUSYKEY Target key name already exists.', 'BUSYKEY', false],
    ['LOADING Redis is loading the dataset in memory', 'LOADING', true],
    ['BUSY Redis is busy running a script.', 'BUSY', true],
    ['CLUSTERDOWN The cluster is down', 'CLUSTERDOWN', true],
    ['Connection is closed.', undefined, true],
    ['The client is closed', undefined, true],
    ['connect ECONNREFUSED 127.0.0.1:6379', undefined, true],
    ['Failed to refresh slots cache.', undefined, true],
    ['', undefined, true],
  ])('that says "%s" is told by Redis, or by a client that has none', (message, word, down) => {
    expect(replyWord(new Error(message))).toBe(word)
    expect(meansDown(new Error(message))).toBe(down)
  })

  it('is told by its words, or by its code', () => {
    expect(wordsOf(new Error('words'))).toBe('words')
    expect(wordsOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
    expect(wordsOf('text')).toBe('text')
    expect([replyWord(undefined), meansDown(undefined)]).toEqual([undefined, true])
  })
})
