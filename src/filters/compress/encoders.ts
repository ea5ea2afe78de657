import type { Transform } from 'node:stream'
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  type Zlib,
  zstdCompressSync,
} from 'node:zlib'
import type { ContentCoding } from '../../http/accept-encoding.js'

/** One coding at one level. */
export interface Encoder {
  /** @param eachWrite Whether every write comes out at once, as events want it. */
  stream(eachWrite: boolean): EncoderStream
  /** All at once, on this thread: without a stream's 100 µs and more, and in the way of everybody else meanwhile. */
  whole(bytes: Uint8Array): Uint8Array
  /** Of `stream.flush()`: what is in the encoder comes out, and nothing ends. */
  readonly flushKind: number
}

export type EncoderStream = Transform & Zlib

export interface Levels {
  /** Of gzip and deflate. */
  readonly level: number
  readonly brotliQuality: number
  readonly zstdLevel: number
}

/** The encoders of all codings, at these levels. */
export function makeEncoders({ level, brotliQuality, zstdLevel }: Levels): Readonly<Record<ContentCoding, Encoder>> {
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }
  const zstd = { params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } }
  return {
    gzip: {
      stream: (eachWrite) => createGzip({ level, ...(eachWrite ? { flush: constants.Z_SYNC_FLUSH } : {}) }),
      whole: (bytes) => gzipSync(bytes, { level, ...inOne(bytes) }),
      flushKind: constants.Z_SYNC_FLUSH,
    },
    deflate: {
      stream: (eachWrite) => createDeflate({ level, ...(eachWrite ? { flush: constants.Z_SYNC_FLUSH } : {}) }),
      whole: (bytes) => deflateSync(bytes, { level, ...inOne(bytes) }),
      flushKind: constants.Z_SYNC_FLUSH,
    },
    br: {
      stream: (eachWrite) =>
        createBrotliCompress({ ...brotli, ...(eachWrite ? { flush: constants.BROTLI_OPERATION_FLUSH } : {}) }),
      whole: (bytes) => brotliCompressSync(bytes, { ...brotli, ...inOne(bytes) }),
      flushKind: constants.BROTLI_OPERATION_FLUSH,
    },
    zstd: {
      stream: (eachWrite) => createZstdCompress({ ...zstd, ...(eachWrite ? { flush: constants.ZSTD_e_flush } : {}) }),
      whole: (bytes) => zstdCompressSync(bytes, { ...zstd, ...inOne(bytes) }),
      flushKind: constants.ZSTD_e_flush,
    },
  }
}

/** Room for what has shrunk, where zlib would take 16 KiB each time: a fifth less time for 2 KB. */
function inOne({ byteLength }: Uint8Array): { readonly chunkSize: number } {
  return { chunkSize: Math.max(64, byteLength) }
}
