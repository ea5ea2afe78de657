// HTTP/1.1 as the load client speaks it: a request written once, replies read piece by piece.

import { fits, pieceAt } from './payload.js'

const HEAD_END = Buffer.from('\r\n\r\n')
const MAX_HEAD = 65_536

/** The fields a browser sends, 12 with Host. */
const BROWSER_FIELDS = {
  Cookie: 'session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=all',
  Authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  Accept: 'application/json, text/plain, */*',
  'Accept-Encoding': 'gzip, deflate, br',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.7',
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  Referer: 'http://shop.example/items?page=2',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
  'X-Requested-With': 'XMLHttpRequest',
}

/** @param {{ method: string, path: string, bodyBytes?: number | undefined, fields?: Record<string, string> }} load */
export function requestHead({ method, path, bodyBytes, fields: more }) {
  const fields = { Host: 'shop.example', ...BROWSER_FIELDS, ...more }
  if (bodyBytes) Object.assign(fields, { 'Content-Type': 'application/octet-stream', 'Content-Length': bodyBytes })
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
}

/**
 * Writes the large body, waiting whenever the socket wants it to.
 * @param {import('node:net').Socket} socket
 * @param {number} total
 */
export function writeBody(socket, total) {
  let sent = 0
  const more = () => {
    while (sent < total) {
      const piece = pieceAt(sent, total)
      sent += piece.length
      if (!socket.write(piece) && sent < total) return void socket.once('drain', more)
    }
  }
  more()
}

/**
 * Reads one reply after another and checks each: status, framing, length, content. Throws at the first that is wrong.
 * @param {{ status: number, body?: string, bytes?: number }} expected `body` word for word, or `bytes` of the pattern
 */
export function createReplyReader(expected) {
  const length = expected.body === undefined ? expected.bytes : Buffer.byteLength(expected.body)
  let held = null // an unfinished head, or an unfinished chunk line
  let state = 'head'
  let closing = false
  let left = 0 // of the body, or of the chunk
  let got = 0
  let text = ''

  function readHead(bytes, at, end) {
    const found = bytes.subarray(at, end).indexOf(HEAD_END)
    if (found < 0) return -1
    const head = bytes.latin1Slice(at, at + found + 2)
    if (!head.startsWith(`HTTP/1.1 ${expected.status} `))
      throw new Error(`unexpected reply: ${bytes.latin1Slice(at, at + 600)}`)
    const stated = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)
    if (stated) {
      left = Number(stated[1])
      if (left !== length) throw new Error(`content-length ${left} instead of ${length}`)
      state = 'body'
    } else if (/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) {
      state = 'chunk-line'
    } else {
      throw new Error('a reply without content-length or chunked encoding')
    }
    closing = /\r\nconnection: *close\r\n/i.test(head)
    got = 0
    text = ''
    return at + found + 4
  }

  function readChunkLine(bytes, at, end) {
    const found = bytes.subarray(at, end).indexOf('\r\n')
    if (found < 0) return -1
    const line = bytes.latin1Slice(at, at + found)
    if (state === 'chunk-line') {
      left = Number.parseInt(line, 16)
      if (!(left >= 0)) throw new Error(`a bad chunk size: ${line}`)
      state = left === 0 ? 'trailers' : 'chunk'
    } else if (state === 'chunk-end') {
      state = 'chunk-line'
    } else if (line === '') {
      state = 'done'
    }
    return at + found + 2
  }

  function readBody(bytes, at, end) {
    const stop = Math.min(end, at + left)
    if (got + stop - at > length) throw new Error(`more than ${length} bytes of body`)
    if (expected.body !== undefined) text += bytes.latin1Slice(at, stop)
    else if (!fits(bytes, got, at, stop)) throw new Error(`body damaged near byte ${got}`)
    got += stop - at
    left -= stop - at
    if (left === 0) state = state === 'chunk' ? 'chunk-end' : 'done'
    return stop
  }

  return {
    /** Whether a reply has begun and not ended. */
    get open() {
      return state !== 'head' || held !== null
    },
    /** Whether the last reply announced that the connection ends. */
    get closing() {
      return closing
    },
    /**
     * @param {Buffer} bytes only valid during the call
     * @returns {boolean} whether the reply is complete
     */
    read(bytes) {
      const all = held === null ? bytes : Buffer.concat([held, bytes])
      held = null
      let at = 0
      while (at < all.length && state !== 'done') {
        const inBody = state === 'body' || state === 'chunk'
        const next = (inBody ? readBody : state === 'head' ? readHead : readChunkLine)(all, at, all.length)
        if (next < 0) {
          if (all.length - at > MAX_HEAD) throw new Error('an endless head')
          held = Buffer.from(all.subarray(at))
          return false
        }
        at = next
      }
      if (state === 'body' && left === 0) state = 'done'
      if (state !== 'done') return false
      if (at < all.length) throw new Error('bytes after the end of the reply')
      if (got !== length) throw new Error(`${got} bytes of body instead of ${length}`)
      if (expected.body !== undefined && text !== expected.body)
        throw new Error(`unexpected body: ${text.slice(0, 100)}`)
      state = 'head'
      return true
    },
  }
}
