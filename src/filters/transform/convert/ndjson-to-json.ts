import type { Body, StreamBody } from '../../../body.js'
import { relay } from '../../decompress/relay.js'
import { type Failure, Unreadable } from '../body-change.js'
import { utf8Text } from '../whole-text.js'
import { type Format, oneOfTypes } from './conversion.js'
import { JsonArray } from './json-array.js'

export interface NdjsonToJsonOptions {
  /** A JSON text a line, also known as JSON Lines. */
  readonly from: 'ndjson'
  /** An array of these. */
  readonly to: 'json'
}

const LINE_FEED = 10

/** Streams lines into an array, each as it was written, once it has proved to be JSON. Empty lines don't count. */
export const ndjsonToJson: Format<NdjsonToJsonOptions> = {
  ...oneOfTypes(
    'application/x-ndjson',
    'application/ndjson',
    'application/jsonl',
    'application/jsonlines',
    'application/x-jsonlines',
  ),
  contentType: 'application/json',
  checks: {},
  work: (_options, { maxRecordBytes }) => ({
    kind: 'flow',
    mayFail: true,
    run: (body, failure) => arrayOfLines(body, maxRecordBytes, failure),
  }),
}

function arrayOfLines(body: Body, maxRecordBytes: number, failure: Failure): StreamBody {
  const array = new JsonArray()
  /** What has come of the line that is under way. */
  let begun: Uint8Array[] = []
  let size = 0

  const grow = (piece: Uint8Array): void => {
    size += piece.byteLength
    if (size > maxRecordBytes) throw new Unreadable(`a line is longer than ${maxRecordBytes} bytes`)
    begun.push(piece)
  }
  const line = (): string => {
    const text = utf8Text(begun.length === 1 ? begun[0]! : Buffer.concat(begun, size)).trim()
    begun = []
    size = 0
    if (text === '') return ''
    try {
      JSON.parse(text)
    } catch {
      throw new Unreadable('a line is not JSON')
    }
    return array.item(text)
  }
  const send = (out: StreamBody, make: () => string): boolean => {
    try {
      const json = make()
      return json === '' || out.push(Buffer.from(json))
    } catch (error) {
      out.fail(failure((error as Error).message))
      return false
    }
  }

  return relay(
    body,
    (chunk, out) =>
      send(out, () => {
        let json = ''
        let start = 0
        for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
          grow(chunk.subarray(start, end))
          json += line()
          start = end + 1
        }
        if (start < chunk.byteLength) grow(chunk.subarray(start))
        return json
      }),
    (out) => {
      send(out, () => line() + array.end())
      out.end()
    },
  )
}
