import { plain } from '../../../src/observing/plain.js'
import { compileRedactor } from '../../../src/observing/redact.js'
import { readBaggage } from '../../../src/observing/tracing/baggage.js'
import { readTraceparent, writeTraceparent } from '../../../src/observing/tracing/traceparent.js'
import { readTracestate } from '../../../src/observing/tracing/tracestate.js'
import { type FuzzTarget, promise, same, WRITABLE } from '../target.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

export const traceparent: FuzzTarget = {
  name: 'traceparent',
  corpus: [
    `00-${TRACE}-00f067aa0ba902b7-01`,
    `cc-${TRACE}-00f067aa0ba902b7-ff-what`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    'ff-',
  ],
  pieces: ['-', '00', 'ff', '0000000000000000'],
  maxLength: 512,
  check(input) {
    const read = readTraceparent(input)
    if (read === null) return 'none'
    promise(/^[0-9a-f]{32}$/.test(read.traceId) && /^[0-9a-f]{16}$/.test(read.spanId), 'ids', read)
    promise(!/^0+$/.test(read.traceId) && !/^0+$/.test(read.spanId), 'ids that are some')
    same(readTraceparent(writeTraceparent(read)), read, 'a traceparent reads as it is written')
    return `${read.flags} ${input.length > 55}`
  },
}

/** tracestate and baggage: a list that all can pass on; once read, it stays as it is. */
export const traceLists: FuzzTarget = {
  name: 'tracestate-and-baggage',
  corpus: [
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
    'a@b=1, c=2,,a@b=3',
    'userId=alice;p=1,serverNode=DF%2028;q',
    'key = value ; prop , x=y',
    `a=${'x'.repeat(255)}`,
  ],
  pieces: [',', '=', ';', '@', ' ', `a=${'x'.repeat(200)},`, 'b=1,'],
  check(input) {
    const [state, baggage] = [readTracestate(input), readBaggage(input)]
    promise(WRITABLE.test(state) && WRITABLE.test(baggage), 'what can be written', state, baggage)
    promise(state.length <= 512 && state.split(',').length <= 32, 'within bounds', state.length)
    promise(baggage.length <= 8_192 && baggage.split(',').length <= 64, 'within bounds', baggage.length)
    same(readTracestate(state), state, 'a tracestate reads as it is written')
    same(readBaggage(baggage), baggage, 'baggage reads as it is written')
    return `${state === '' ? 0 : state.split(',').length} ${baggage === '' ? 0 : baggage.split(',').length}`
  },
}

/** H-195: nothing of a value does anything in a log. */
export const logged: FuzzTarget = {
  name: 'logged-text',
  corpus: ['/a?b=c', 'Mozilla/5.0 (X11)', '\x1b[31m', '\xe2\x80\xae', '\r\nfake line', '\u202e\u2028'],
  pieces: ['\x1b[', '\x9b', '\r\n', '\xe2\x80\xa8', '\xef\xbb\xbf'],
  text: true,
  check(input) {
    for (const max of [16, 4096]) {
      const text = plain(input, max)
      promise(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), 'no character that is not seen', text)
      // Of one character at most ten: `\u{1D173}`.
      promise(text.length <= 10 * max + 3, 'within its bound', text.length, max)
    }
    return `${/^[ -~]*$/.test(input)} ${plain(input, 4096).includes('\\')}`
  },
}

const redactor = compileRedactor('fuzz')
const SECRET = 'hunter2s3cr3t'

/** A secret under a name that says so is not in what is logged, whatever stands around it. */
export const redacted: FuzzTarget = {
  name: 'redacted-query',
  corpus: ['?a=b&', '?next=%2Fcb%3Fcode%3D1&', '?a;b&', 'https://u:p@h/x?', '?%61=1#', '?x=%3Fy%3D1;z&'],
  pieces: ['&', ';', '?', '#', '=', '%26', '%3D', '%2525', '@', '//'],
  check(input) {
    for (const name of ['token', 'api_key', 'Pass%77ord']) {
      const text = `${input}&${name}=${SECRET}`
      promise(!redactor.query(text).includes(SECRET), 'no secret in a query', redactor.query(text))
      promise(!redactor.url(`/p?${text}`).includes(SECRET), 'no secret in a URL', redactor.url(`/p?${text}`))
    }
    const once = redactor.query(input)
    promise(once.length <= input.length + (input.length + 1) * redactor.replacement.length, 'within a bound')
    return `${once === input} ${once.split(redactor.replacement).length}`
  },
}
