import { StreamBody } from 'edgewise'
import { describe, expect, it } from 'vitest'
import { readText } from './reading.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** The body of a request that is still being sent. */
function upload() {
  const cancelled: Error[] = []
  const body = new StreamBody({ pause() {}, resume() {}, cancel: (reason) => cancelled.push(reason) }, undefined)
  return { body, cancelled }
}

describe('a reply that is whole', () => {
  it('gives its connection back', () => {
    expect(readText(OK)).toMatchObject({ complete: true, kept: true, discarded: false })
  })

  it('gives its connection back when the request had been sent, however little came of that', () => {
    const { body } = upload()
    body.end()
    expect(readText(OK, { method: 'PUT', body })).toMatchObject({ complete: true, kept: true, discarded: false })
  })

  it('H-003 H-021 before its request is gives that up: the rest of the body is let go, and so is the connection', () => {
    const { body, cancelled } = upload()
    body.push(Buffer.from('part'))
    expect(readText(OK, { method: 'PUT', body })).toMatchObject({ complete: true, kept: false, discarded: true })
    expect(cancelled).toMatchObject([{ code: 'ERR_EDGE_UPSTREAM_RESET' }])
  })
})

describe('a reply that is refused', () => {
  it.each([
    ['for its head', 'HTTP/1.1 200 OK\r\nX : y\r\n\r\n', null],
    ['for its body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokX', 200],
    ['for its trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: x\r\n\r\n', 200],
  ])('%s gives its connection up, and lets the upload go', (_, bytes, status) => {
    const { body, cancelled } = upload()
    const reading = readText(bytes, { method: 'PUT', body })
    expect(reading).toMatchObject({ status, complete: false, kept: false, discarded: true })
    expect(reading.error).toMatchObject({ code: 'ERR_EDGE_BAD_REPLY' })
    expect(cancelled).toHaveLength(1)
  })
})

it('an upload that breaks off takes its connection along, and nothing that comes later counts', () => {
  const { body } = upload()
  body.fail(new Error('gone'))
  expect(readText(OK, { method: 'PUT', body })).toMatchObject({
    status: null,
    complete: false,
    discarded: true,
    consumed: 0,
  })
})
