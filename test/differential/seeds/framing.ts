import { chunked, framed, get, head, post, type Seed } from './seed.js'

const SMUGGLED = 'GET /secret HTTP/1.1\r\nHost: internal\r\nX: y\r\n\r\n'
const HELLO = '5\r\nhello\r\n0\r\n\r\n'
const TE = 'Transfer-Encoding: chunked'

const CODINGS: readonly string[] = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: \x0cchunked',
  'Transfer-Encoding: chunked\x00',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked;a=b',
  'Transfer-Encoding: CHUNKED',
  'Transfer_Encoding: chunked\r\nContent-Length: 5',
  'Transfer-Encoding : chunked',
  '\tTransfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding:',
]

const LENGTHS: readonly string[] = [
  'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: 5\r\nContent-Length: 5',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: -1',
  'Content-Length: 0x5',
  'Content-Length: 5 5',
  'Content-Length: 5_0',
  'Content-Length: 005',
  'Content-Length: 1e1',
  'Content-Length: ',
  'Content-Length: 18446744073709551621',
  'Content-Length : 5',
  'Content-Length: 5\x0b',
]

const CHUNKS: readonly string[] = [
  '5;\nhello\r\n0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '+5\r\nhello\r\n0\r\n\r\n',
  ' 5\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '5;a="\r\nhello\r\n0\r\n\r\n',
  '5\r\r;\nhello\r\n0\r\n\r\n',
  'fffffffffffffffff\r\nhello\r\n0\r\n\r\n',
  '5\r\nhelloX0\r\n\r\n',
  '5\r\nhello0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  '5_0\r\nhello\r\n0\r\n\r\n',
  '5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n',
  '05\r\nhello\r\n00\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-Trailer: a\r\n\r\n',
  '5\r\nhello\r\n0\r\nContent-Length: 9\r\nHost: evil\r\nTransfer-Encoding: x\r\nAuthorization: b\r\n\r\n',
  '5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n',
  `1${';a=b'.repeat(1000)}\r\nx\r\n0\r\n\r\n`,
  `1${';a=b'.repeat(16_384)}\r\nx\r\n0\r\n\r\n`,
  `0\r\n${'a: b\r\n'.repeat(1000)}\r\n`,
]

/** Group A: where a message ends. */
export const FRAMING: readonly Seed[] = [
  ...['DELETE', 'OPTIONS', 'GET', 'PATCH'].flatMap((method): Seed[] => [
    [`H-001 chunked ${method}`, chunked('/x', [SMUGGLED]).replace('POST', method)],
    [
      `H-001 chunked ${method}, nominated`,
      chunked('/x', [SMUGGLED], 'Connection: Transfer-Encoding, upgrade').replace('POST', method),
    ],
  ]),
  ['H-002 CL.TE', framed(['Content-Length: 6', TE], '0\r\n\r\nG')],
  [
    'H-003 TE.CL',
    framed(['Content-Length: 4', TE], '5c\r\nGPOST / HTTP/1.1\r\nContent-Length: 15\r\n\r\nx=1\r\n0\r\n\r\n'),
  ],
  ['H-003 TE.CL, the length last', framed([TE, 'Content-Length: 4'], HELLO)],
  ['H-003 a body for what is answered here', post('/t', get('/evil')).replace('POST', 'TRACE')],
  ...CODINGS.map((field): Seed => [`H-004 ${field}`, framed([field], HELLO) + get('/next')]),
  ['H-005 gzip, chunked', framed(['Transfer-Encoding: gzip, chunked'], HELLO)],
  ['H-006 chunked in HTTP/1.0', framed([TE], HELLO).replace('HTTP/1.1', 'HTTP/1.0')],
  [
    'H-006 chunked in HTTP/1.0, kept alive',
    framed(['Connection: keep-alive', TE], HELLO).replace('HTTP/1.1', 'HTTP/1.0'),
  ],
  ...LENGTHS.map((field): Seed => [`H-007 ${field}`, `${framed([field], 'hello')}${get('/next')}`]),
  ...CHUNKS.map((body, at): Seed => [`H-008 chunks ${at + 1}`, framed([TE], body) + get('/next')]),
  ['H-010 bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
  ['H-010 a bare CR', get('/', 'X: a\rb')],
  ['H-010 a bare LF behind a field', 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n'],
  ['H-011 obs-fold', get('/', 'X-A: one\r\n two')],
  ['H-018 GET with a body', `${get('/', 'Content-Length: 23')}GET /x HTTP/1.1\r\nX: y\r\n${get('/next')}`],
  ['H-019 nominated framing', post('/n', 'hello', 'Connection: close, Content-Length')],
  ['H-020 Expect', post('/e', 'hello', 'Expect: 100-continue')],
  ['H-020 Expect without its body', head('POST /e HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue')],
  ['H-020 Expect: 200-ok', post('/e', 'hello', 'Expect: 200-ok')],
  ['H-020 Expect: y 100-continue', post('/e', 'hello', 'Expect: y 100-continue')],
  ['H-020 Expect in HTTP/1.0', post('/e', 'hello', 'Expect: 100-continue').replace('HTTP/1.1', 'HTTP/1.0')],
  ['H-020 Expect with GET', get('/e', 'Expect: 100-continue')],
  ['H-028 a body cut short', head('POST /s HTTP/1.1', 'Host: a', 'Content-Length: 100') + 'x'.repeat(10)],
  ['H-028 chunks cut short', framed([TE], '5\r\nhel')],
]
