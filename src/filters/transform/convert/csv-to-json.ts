import type { Transform } from 'node:stream'
import type { Options } from 'csv-parse'
import type { Body, StreamBody } from '../../../body.js'
import { through } from '../../../body-through.js'
import { loadPackage } from '../../../load-package.js'
import { nullObject } from '../../../null-object.js'
import { type Check, check } from '../../../options.js'
import { relay } from '../../decompress/relay.js'
import { type Failure, Unreadable } from '../body-change.js'
import { type ConvertLimits, type Format, oneOfTypes } from './conversion.js'
import { JsonArray } from './json-array.js'

export interface CsvToJsonOptions {
  /** RFC 4180. */
  readonly from: 'csv'
  /** An array with an object for each record, whose values are strings. */
  readonly to: 'json'
  /** The names of the columns, where no header says them. @default the first record */
  readonly columns?: readonly string[] | undefined
  /** What stands between two fields: one character. @default ',' */
  readonly delimiter?: string | undefined
}

const oneCharacter: Check = (value) =>
  typeof value === 'string' && value.length === 1 && !/["\r\n]/.test(value) ? undefined : 'one character'

const columnNames: Check = (value) =>
  check.strings(value) === undefined && (value as string[]).length > 0 && areDistinct(value as string[])
    ? undefined
    : 'an array of different names'

export const csvToJson: Format<CsvToJsonOptions> = {
  ...oneOfTypes('text/csv'),
  contentType: 'application/json',
  checks: { columns: columnNames, delimiter: oneCharacter },
  work(options, limits) {
    const { parse } = loadPackage<typeof import('csv-parse')>('csv-parse', 'convert')
    return {
      kind: 'flow',
      mayFail: true,
      run: (body, failure) =>
        arrayOfRecords(body, (write) => parse(parserOptions(options, limits, write)), options, failure),
    }
  },
}

type OnRecord = (record: string[]) => string | null

/** Records are made into JSON where the parser has them: as bytes they flow through it like any others, with its back-pressure. */
function parserOptions({ delimiter = ',' }: CsvToJsonOptions, limits: ConvertLimits, write: OnRecord): Options {
  return {
    bom: true,
    delimiter,
    // All of them, however the first record ends.
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: limits.maxRecordBytes,
    on_record: write,
    // One of the stream's own options, which the parser hands on.
    readableObjectMode: false,
  } as Options
}

function arrayOfRecords(
  body: Body,
  make: (write: OnRecord) => Transform,
  { columns }: CsvToJsonOptions,
  failure: Failure,
): StreamBody {
  const array = new JsonArray()
  let names: readonly string[] | undefined = columns
  const parser = make((record) => {
    if (names === undefined) {
      if (!areDistinct(record)) throw new Unreadable('two columns have the same name')
      names = record
      return null
    }
    if (record.length !== names.length) throw new Unreadable('a record has more or fewer fields than there are columns')
    const object = nullObject<string>()
    for (const [at, name] of names.entries()) object[name] = record[at]!
    return array.item(JSON.stringify(object))
  })
  const items = through(body, parser, {
    failure: (error) =>
      failure(
        error instanceof Unreadable ? error.message : 'the body is not CSV, or a record of it is too long',
        error,
      ),
  })
  return relay(
    items,
    (chunk, out) => out.push(chunk),
    (out) => {
      out.push(Buffer.from(array.end()))
      out.end()
    },
  )
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length
}
