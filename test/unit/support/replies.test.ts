import { describe, expect, it } from 'vitest'
import { afterReplies, parseReplies } from '../../support/replies.js'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('parseReplies', () => {
  it('splits replies by length and chunks', () => {
    const chunked = 'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nT: 1\r\n\r\n'
    const [first, second, third, ...rest] = parseReplies(ok + chunked + ok)
    expect(first).toMatchObject({ status: 200, reason: 'OK', complete: true, interim: false })
    expect(first?.headers).toEqual([['Content-Length', '2']])
    expect(second).toMatchObject({ status: 404, reason: 'Not Found', trailers: [['T', '1']] })
    expect(second?.body.toString()).toBe('no')
    expect(third?.body.toString()).toBe('ok')
    expect(rest).toEqual([])
  })

  it('tells interim replies', () => {
    const replies = parseReplies(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${ok}`)
    expect(replies.map(({ status, interim }) => [status, interim])).toEqual([
      [100, true],
      [103, true],
      [200, false],
    ])
  })

  it('knows that HEAD, 204 and 304 have no body', () => {
    const bytes = `HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 \r\nContent-Length: 7\r\n\r\n${ok}`
    const replies = parseReplies(bytes, { methods: ['HEAD'] })
    expect(replies.map(({ status, complete, body }) => [status, complete, body.length])).toEqual([
      [200, true, 0],
      [204, true, 0],
      [304, true, 0],
      [200, true, 2],
    ])
  })

  it('does not count interim replies among the methods', () => {
    const bytes = `HTTP/1.1 100 Continue\r\n\r\n${ok}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n`
    expect(parseReplies(bytes, { methods: ['POST', 'HEAD'] }).map(({ complete }) => complete)).toEqual([
      true,
      true,
      true,
    ])
  })

  it('completes a reply without length only when the peer closed', () => {
    const bytes = 'HTTP/1.0 200 OK\r\n\r\nall of it\r\n'
    expect(parseReplies(bytes)[0]).toMatchObject({ complete: false, bodyLength: 11 })
    const [reply] = parseReplies(bytes, { closed: true })
    expect(reply).toMatchObject({ complete: true, version: '1.0' })
    expect(reply?.body.toString()).toBe('all of it\r\n')
  })

  it('shows a cut body as incomplete, closed or not', () => {
    expect(parseReplies(ok.slice(0, -1), { closed: true })[0]?.complete).toBe(false)
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n'
    expect(parseReplies(chunked, { closed: true })[0]?.complete).toBe(false)
  })

  it('gives the tunnel behind a 101 as its body', () => {
    const [reply] = parseReplies('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi')
    expect(reply).toMatchObject({ status: 101, interim: false, complete: true })
    expect(reply?.body.toString('latin1')).toBe('\x81\x02hi')
  })

  it.each([
    ['an unfinished head', 'HTTP/1.1 200', /unfinished head/],
    ['bytes past the length', `${ok}x`, /unfinished head: "x"/],
    ['a bad version', 'HTTP/2 200 OK\r\n\r\n', /bad status line/],
    ['a bad status', 'HTTP/1.1 099 OK\r\n\r\n', /bad status line/],
    ['no blank after the status', 'HTTP/1.1 200\r\n\r\n', /bad status line/],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na', /more than one/],
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', /both/],
    ['a 204 with a length', 'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n', /204 with/],
    ['a bare LF', 'HTTP/1.1 200 OK\nA: b\n\n', /bare LF/],
  ])('refuses %s', (_, bytes, problem) => {
    expect(() => parseReplies(bytes)).toThrow(problem)
  })
})

it('afterReplies holds once enough replies are complete', () => {
  const two = afterReplies(2)
  expect([ok, `${ok}HTTP/1.1 2`, ok + ok.slice(0, -1), ok + ok].map(two)).toEqual([false, false, false, true])
})
