import { Duplex } from 'node:stream'
import type { Body, StreamBody } from '../../../body.js'
import { through } from '../../../body-through.js'
import { asError } from '../../../errors.js'
import type { Exchange } from '../../../exchange.js'
import { relay } from '../../decompress/relay.js'
import type { MakeStage } from './text-rules.js'

/** How bytes are read as text, and text is written. */
export interface TextCoding {
  reader(): { decode(bytes: Uint8Array): string; end(): string }
  encode(text: string): Uint8Array
}

/**
 * Text as one character a byte: nothing is lost of what is not in its charset, and a character that two chunks share is none to speak of.
 * What is sought in it must be written likewise.
 */
export const bytewise: TextCoding = {
  reader: () => ({
    decode: ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString('latin1'),
    end: () => '',
  }),
  encode: (text) => Buffer.from(text, 'latin1'),
}

/** Text as UTF-8; what is none becomes U+FFFD. */
export const utf8: TextCoding = {
  reader: () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    return { decode: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() }
  },
  encode: (text) => Buffer.from(text),
}

/** A body with one rule after the other applied. A function of the user's that throws breaks it off. */
export function replaced(body: Body, stages: readonly MakeStage[], coding: TextCoding, exchange: Exchange): StreamBody {
  const reader = coding.reader()
  const line = stages.map((make) => make(exchange))
  const send = (out: StreamBody, make: () => string): boolean => {
    try {
      const text = make()
      return text === '' || out.push(coding.encode(text))
    } catch (error) {
      out.fail(asError(error))
      return false
    }
  }
  return relay(
    body,
    (chunk, out) => send(out, () => line.reduce((text, stage) => stage.push(text), reader.decode(chunk))),
    (out) => {
      send(out, () => line.reduce((text, stage) => stage.push(text) + stage.end(), reader.end()))
      out.end()
    },
  )
}

/** Makes other text of text that comes in pieces, cut anywhere but within a character. */
export type TextMap = (text: AsyncIterable<string>, exchange: Exchange) => AsyncIterable<string>

/** A body through a function over its text. */
export function mapped(body: Body, map: TextMap, exchange: Exchange): StreamBody {
  const transform = Duplex.from((source: AsyncIterable<Uint8Array>) => encoded(map(decoded(source), exchange)))
  return through(body, transform)
}

async function* decoded(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const reader = utf8.reader()
  for await (const bytes of source) {
    const text = reader.decode(bytes)
    if (text !== '') yield text
  }
  const rest = reader.end()
  if (rest !== '') yield rest
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) if (text !== '') yield Buffer.from(text)
}
