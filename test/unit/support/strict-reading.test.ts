import { describe, expect, it } from 'vitest'
import { strictReading } from '../../support/index.js'

const GET = 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = 'POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('strictReading', () => {
  it.each([
    ['nothing', '', 0, 0, 'clean'],
    ['two requests', GET + GET, 2, 2, 'clean'],
    ['empty lines in front and between', `\r\n${GET}\r\n${GET}`, 2, 2, 'clean'],
    ['blanks between the parts of a request line', GET.replace('GET ', 'GET   '), 1, 1, 'clean'],
    ['zeros in front of a length', `${GET.replace('\r\n\r\n', '\r\nContent-Length: 005\r\n\r\n')}hello`, 1, 1, 'clean'],
    ['any extension of a chunk', `${CHUNKED}5;a="\r\nhello\r\n0\r\n\r\n`, 1, 1, 'clean'],
    ['a Host in the trailers', `${CHUNKED}0\r\nHost: b\r\n\r\n`, 1, 1, 'clean'],
    ['half a head', `${GET}GET /`, 1, 1, 'cut'],
    ['half a body', `${GET}${CHUNKED}5\r\nhe`, 1, 2, 'cut'],
    ['a bad chunk', `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`, 0, 1, 'malformed'],
    ['two Hosts behind a request', GET + GET.replace('\r\n\r\n', '\r\nHost: b\r\n\r\n'), 1, 1, 'malformed'],
    ['two framings', CHUNKED.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\n'), 0, 0, 'malformed'],
  ])('of %s', (_, bytes, whole, begun, ends) => {
    const reading = strictReading(Buffer.from(bytes, 'latin1'))
    expect([reading.requests.length, reading.begun, reading.ends]).toEqual([whole, begun, ends])
  })
})
