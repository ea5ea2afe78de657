import { Transform } from 'node:stream'
import type { Options } from 'csv-parse'
import type { Body, StreamBody } from '../../../body.js'
import { through } from '../../../body-through.js'
import { loadPackage } from '../../../load-package.js'
import { nullObject } from '../../../null-object.js'
import { type Check, check } from '../../../options.js'
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
        arrayOfRecords(body, (take) => parse(parserOptions(options, limits, take)), options, failure),
    }
  },
}

/** Records are taken where the parser has them; out of its other side comes nothing. */
type OnRecord = (record: string[]) => null

function parserOptions({ delimiter = ',' }: CsvToJsonOptions, limits: ConvertLimits, take: OnRecord): Options {
  return {
    bom: true,
    delimiter,
    // All of them, however the first record ends.
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: limits.maxRecordBytes,
    on_record: take,
  }
}

function arrayOfRecords(
  body: Body,
  make: (take: OnRecord) => Transform,
  { columns }: CsvToJsonOptions,
  failure: Failure,
): StreamBody {
  const array = new JsonArray()
  let names: readonly string[] | undefined = columns
  let json = ''
  const parser = make((record) => {
    if (names === undefined) {
      if (!areDistinct(record)) throw new Unreadable('two columns have the same name')
      names = record
      return null
    }
    if (record.length !== names.length) throw new Unreadable('a record has more or fewer fields than there are columns')
    const object = nullObject<string>()
    for (const [at, name] of names.entries()) object[name] = record[at]!
    json += array.item(JSON.stringify(object))
    return null
  })
  const taken = (): string => {
    const made = json
    json = ''
    return made
  }
  const transform = driving(parser, taken, () => taken() + array.end())
  return through(body, transform, {
    failure: (error) =>
      failure(
        error instanceof Unreadable ? error.message : 'the body is not CSV, or a record of it is too long',
        error,
      ),
  })
}

/** What a parser has made of each chunk, in one piece: record by record it would be as many chunks of the message. */
function driving(parser: Transform, taken: () => string, last: () => string): Transform {
  // Whoever writes is told.
  parser.on('error', () => {})
  parser.resume()
  return new Transform({
    transform: (chunk, _encoding, done) => {
      parser.write(chunk, (error) => (error ? done(error) : done(null, taken())))
    },
    flush: (done) => {
      parser.end((error?: Error | null) => (error ? done(error) : done(null, last())))
    },
    destroy: (error, done) => {
      parser.destroy()
      done(error)
    },
  })
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length
}
