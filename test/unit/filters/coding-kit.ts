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
import type { Body, ContentCoding, Exchange } from 'edgewise'
import { asked } from '../asked.js'

/** An exchange for `/x` without a connection behind it. */
export function asking(
  headers: Readonly<Record<string, string>> = {},
  odd: { readonly method?: string; readonly body?: Body } = {},
): Exchange {
  return asked('/x', { headers, ...odd })
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
