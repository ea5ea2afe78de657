import { bytesBody, emptyBody } from '../../../src/body.js'
import { ZstdFrames } from '../../../src/filters/decompress/zstd-frames.js'
import type { ReplyHead } from '../../../src/forwarding/http1/reply-head.js'
import { ReplyReader } from '../../../src/forwarding/http1/reply-reader.js'
import { requestHead } from '../../../src/forwarding/http1/request-head.js'
import { readReplyFields } from '../../../src/http/reply-fields.js'
import { FrameTracker } from '../../../src/http/websocket-frames.js'
import { attempt, edgeError, type FuzzTarget, promise, same, TOKEN, WRITABLE } from '../target.js'
import { linesOf } from './requests.js'

interface Read {
  readonly heads: readonly ReplyHead[]
  readonly body: string
  readonly trailers: readonly string[] | null
  readonly taken: number
  readonly error: string | null
}

/** One reply, read as it comes in these chunks. */
function readReply(chunks: readonly Buffer[], request: string): Read {
  const heads: ReplyHead[] = []
  let [body, taken] = ['', 0]
  let trailers: readonly string[] | null = null
  const reader = new ReplyReader({
    interim: (head) => heads.push(head),
    head(head) {
      heads.push(head)
      const fields = readReplyFields(head.fields)
      if (request === 'HEAD' || head.status === 204 || head.status === 304) return 0
      return fields.chunked ? 'chunked' : (fields.length ?? 'close')
    },
    data: (chunk) => {
      body += chunk.toString('latin1')
    },
    complete: (names) => {
      promise(trailers === null, 'a reply ends once')
      trailers = names
    },
  })
  reader.expect()
  const run = attempt(() => {
    for (const chunk of chunks) {
      const read = reader.read(chunk, chunk.length)
      promise(read >= 0 && read <= chunk.length, 'no more than there is', read)
      taken += read
      if (trailers !== null) return
    }
    if (trailers === null) reader.finish()
  }, edgeError('ERR_EDGE_BAD_REPLY'))
  return { heads, body, trailers, taken, error: 'error' in run ? run.error.message : null }
}

/** For which of its faults a reply is refused depends on how much of it is there. */
const outcomeOf = (read: Read): object => (read.error === null ? read : { ...read, taken: 'refused', error: 'refused' })

/** H-105 and others: a reply is the same however it is cut up, and none of it is more than there was. */
export const http1Reply: FuzzTarget = {
  name: 'http1-reply',
  corpus: [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.0 200\r\n\r\nto the end',
    'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 9\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  ],
  pieces: [
    'HTTP/1.1 200 OK\r\n',
    '\r\n\r\n',
    '\r\n',
    '0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 3\r\n',
    'f\r\n',
    ';ext',
    'HTTP/1.1 101 X\r\nUpgrade: a\r\n\r\n',
    'X-T: 1\r\n',
    '00000000000005',
  ],
  maxLength: 40_000,
  check(input, mutator) {
    const bytes = Buffer.from(input, 'latin1')
    const request = mutator.pick(['GET', 'GET', 'HEAD'])
    const whole = readReply([bytes], request)
    const cut = readReply(mutator.chunks(bytes), request)
    // A limit on what is held back counts from where a chunk began.
    if (!/of more than|without end/.test(`${whole.error}${cut.error}`))
      same(outcomeOf(cut), outcomeOf(whole), 'a reply is the same in pieces')
    promise(whole.body.length <= bytes.length && whole.taken <= bytes.length, 'no more than there was')
    for (const { status, fields } of whole.heads) {
      promise(status >= 100 && status <= 999 && status !== 101, 'a status', status)
      for (const [at, text] of fields.entries())
        promise(at % 2 === 0 ? TOKEN.test(text) : WRITABLE.test(text), 'a field', text)
    }
    for (const text of whole.trailers ?? []) promise(WRITABLE.test(text), 'a trailer', text)
    return (
      whole.error ??
      `${whole.heads.map(({ status }) => Math.floor(status / 100))} ${whole.trailers?.length} ${whole.taken === bytes.length}`
    )
  },
}

/** H-023: one head of one request, with the fields that were given and no other, or an error. */
export const requestHeads: FuzzTarget = {
  name: 'http1-request-head',
  corpus: [
    'GET\n/a?b\nhost: a\naccept: */*',
    'POST\n/\nx: \xe9\ncontent-length: 9',
    'PURGE\n*\nx: a\rb',
    'GET\n/ HTTP/1.1\nx: y',
    'GET\n/\ntransfer-encoding: chunked',
  ],
  pieces: [
    '\nhost: b',
    '\ntransfer-encoding: chunked',
    '\nconnection: close',
    '\ncontent-length: 1',
    ' HTTP/1.1\r\n',
    '\r\nX: y',
  ],
  check(input, mutator) {
    const [method = '', target = '', ...lines] = input.split('\n')
    const headers = Object.create(null) as Record<string, string>
    const pairs = lines.length === 0 ? [] : linesOf(lines.join('\n'))
    for (let at = 0; at < pairs.length; at += 2) headers[pairs[at]!.toLowerCase()] = pairs[at + 1]!
    const body = mutator.pick([emptyBody, bytesBody(Buffer.from('hello'))])
    const made = attempt(() => requestHead(method, target, headers, body, 'h.test'), edgeError('ERR_EDGE_BAD_VALUE'))
    if ('error' in made) return made.error.message.replace(/".*"/, '')
    const head = made.value
    same(head.split('\r\n\r\n').length, 2, 'one head')
    const [start = '', ...fields] = head.slice(0, -4).split('\r\n')
    same(start, `${method} ${target} HTTP/1.1`, 'one request line')
    promise(start.split(' ').length === 3 && !/[\r\n]/.test(start), 'of three parts', start)
    const names = fields.map((line) => line.slice(0, line.indexOf(':')))
    for (const line of fields)
      promise(/^[!#$%&'*+.^_`|~0-9a-z-]+: [\t\x20-\x7e\x80-\xff]*$/.test(line), 'a field', line)
    same(new Set(names).size, names.length, 'each field once')
    const own = ['host', 'connection', 'content-length']
    for (const name of names)
      promise(own.includes(name) || Object.hasOwn(headers, name), 'a field that was given', name)
    promise(!names.includes('transfer-encoding'), 'framed by the body')
    return `${names.includes('content-length')} ${names.length}`
  },
}

function track(chunks: readonly Buffer[], masked: boolean): object {
  const tracker = new FrameTracker(masked)
  for (const chunk of chunks) tracker.read(chunk)
  const { frames, messages, closeCode, sound, between } = tracker
  return { frames, messages, closeCode, sound, between }
}

/** RFC 6455: the same frames however they are cut up. */
export const webSocketFrames: FuzzTarget = {
  name: 'websocket-frames',
  corpus: [
    '\x81\x02hi',
    '\x81\x82\0\0\0\0hi',
    '\x01\x01a\x80\x01b\x89\0',
    '\x88\x02\x03\xe8',
    `\x82\x7e\x00\x80${'x'.repeat(128)}`,
    '\x88\x82\x01\x02\x03\x04\x02\xea',
    '\x82\x7f\0\0\0\0\0\x01\0\0',
  ],
  pieces: [
    '\x81\0',
    '\x88\0',
    '\x89\0',
    '\x00\0',
    '\x80\0',
    '\x82\x7e\xff\xff',
    '\x82\x7f\0\0\0\0\0\x01\0\0',
    '\x88\x80\0\0\0\0',
    '\x81\xfe\0\x7e',
    '\xc1\0',
  ],
  check(input, mutator) {
    const bytes = Buffer.from(input, 'latin1')
    const masked = mutator.random() < 0.5
    const whole = track([bytes], masked) as FrameTracker
    same(track(mutator.chunks(bytes), masked), whole, 'frames are the same in pieces')
    promise(whole.messages <= whole.frames && whole.frames * 2 <= bytes.length, 'no more than there was', whole)
    promise(whole.closeCode === null || (whole.closeCode >= 0 && whole.closeCode <= 65_535), 'a code', whole.closeCode)
    const stepping = new FrameTracker(masked)
    for (let at = 0; at < bytes.length; ) {
      const first = stepping.between
      if (first) stepping.read(bytes.subarray(at, at + 1))
      const taken = first ? 1 : stepping.readToBoundary(bytes.subarray(at))
      promise(taken >= 1 && at + taken <= bytes.length, 'goes on', taken)
      at += taken
    }
    const { frames, messages, closeCode, sound } = stepping
    same(
      { frames, messages, closeCode, sound },
      { frames: whole.frames, messages: whole.messages, closeCode: whole.closeCode, sound: whole.sound },
      'frames are the same one by one',
    )
    return `${whole.frames} ${whole.messages} ${whole.closeCode} ${whole.sound} ${whole.between}`
  },
}

/** Frames of zstd are found at the same places however they are cut up. */
export const zstdFrames: FuzzTarget = {
  name: 'zstd-frames',
  corpus: [
    '\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello',
    '\x50\x2a\x4d\x18\x03\0\0\0abc',
    '\x28\xb5\x2f\xfd\x04\x58\x01\0\0\x99\xe9\xd8\x51',
    '\x28\xb5\x2f\xfd\x64\0\0\x01\0\0',
  ],
  pieces: ['\x28\xb5\x2f\xfd', '\x50\x2a\x4d\x18\0\0\0\0', '\x01\0\0', '\x03\0\0x', '\x20\x05'],
  check(input, mutator) {
    const bytes = Buffer.from(input, 'latin1')
    const whole = new ZstdFrames()
    const pieces = whole.split(bytes)
    same(Buffer.concat(pieces).toString('latin1'), input, 'pieces are all of it')
    const cut = new ZstdFrames()
    const chunks = mutator.chunks(bytes)
    same(Buffer.concat(chunks.flatMap((chunk) => cut.split(chunk))).toString('latin1'), input, 'in pieces, too')
    same(cut.whole, whole.whole, 'whole or not, in pieces')
    promise(pieces.length <= bytes.length && pieces.every((piece) => piece.byteLength > 0), 'pieces that are some')
    return `${pieces.length} ${whole.whole}`
  },
}
