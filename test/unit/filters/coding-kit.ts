import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { type Body, type ContentCoding, type Exchange, emptyBody, toHeaders } from 'edgewise'
import { parseTarget, type Target } from '../../../src/http/target.js'
import { ExchangeOrigin, NodeExchange } from '../../../src/node-exchange.js'

const CLIENT = {
  address: '127.0.0.1',
  protocol: 'http',
  host: 'a.test',
  port: 80,
  authority: 'a.test',
  peer: '127.0.0.1',
  trusted: false,
  forwardedFor: '',
  certificate: null,
} as const

/** An exchange without a connection behind it. */
export function asking(
  fields: Readonly<Record<string, string>> = {},
  { method = 'GET', body = emptyBody as Body } = {},
): Exchange {
  const origin = new ExchangeOrigin(new IncomingMessage(new Socket()), CLIENT, '/', null, performance.now())
  const target = parseTarget('/x', method, null) as Target
  return new NodeExchange(origin, method, target, target, toHeaders(fields), body)
}

export const codings: readonly ContentCoding[] = ['zstd', 'br', 'gzip', 'deflate']

export const encode: Readonly<Record<ContentCoding | 'raw deflate', (bytes: Uint8Array) => Buffer>> = {
  zstd: (bytes) => zstdCompressSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  'raw deflate': (bytes) => deflateRawSync(bytes),
}

export const decode: Readonly<Record<ContentCoding, (bytes: Uint8Array) => Buffer>> = {
  zstd: (bytes) => zstdDecompressSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  gzip: (bytes) => gunzipSync(bytes),
  deflate: (bytes) => inflateSync(bytes),
}

/** Text that shrinks. */
export function text(length: number): Buffer {
  let lines = ''
  for (let at = 0; lines.length < length; at++)
    lines += `{"id":${at},"name":"user ${at * 7919}","active":${at % 3 === 0}}\n`
  return Buffer.from(lines.slice(0, length))
}
