import type { Exchange } from '../../../exchange.js'
import type { Filter } from '../../../filter.js'
import { acceptedType } from '../../../http/accepted-type.js'
import { listHas } from '../../../http/field-list.js'
import { changeHeaders, fieldValue } from '../../../http/header-map.js'
import { readMediaType } from '../../../http/media-type.js'
import { type Bytes, type Check, check, checkOptions, optionError } from '../../../options.js'
import type { Reply } from '../../../reply.js'
import { type BodyChange, isUtf8Charset } from '../body-change.js'
import {
  type BodyFilterOptions,
  bodyFilter,
  bodyFilterChecks,
  type ReplyChoice,
  type ReplyRules,
} from '../body-filter.js'
import type { ConvertLimits, Format } from './conversion.js'
import { type CsvToJsonOptions, csvToJson } from './csv-to-json.js'
import { type FormToJsonOptions, formToJson, type JsonToFormOptions, jsonToForm } from './forms.js'
import { type JsonToXmlOptions, jsonToXml } from './json-to-xml.js'
import { type NdjsonToJsonOptions, ndjsonToJson } from './ndjson-to-json.js'
import { type XmlToJsonOptions, xmlToJson } from './xml-to-json.js'

/** One format to another, and how. */
export type Conversion = (
  | XmlToJsonOptions
  | JsonToXmlOptions
  | FormToJsonOptions
  | JsonToFormOptions
  | NdjsonToJsonOptions
  | CsvToJsonOptions
) & {
  /** The type of what comes out. @default that of the format */
  readonly contentType?: string | undefined
}

/** Which replies are converted. */
export interface ReplyConversion extends ReplyChoice {
  /**
   * Whether the client's Accept decides: one that prefers the upstream's type gets the reply as it is. The reply then varies by Accept.
   * @default false: all are converted
   */
  readonly negotiate?: boolean | undefined
}

export interface ConvertOptions extends BodyFilterOptions {
  /** What becomes of the bodies of requests. @default they pass as they came */
  readonly request?: Conversion | undefined
  /** What becomes of those of replies. @default they pass as they came */
  readonly reply?: (Conversion & ReplyConversion) | undefined
  /** Longest body of a format that must be read whole (`xml`, `json`, `form`). A longer request is a 413. @default 1048576 (1 MiB) */
  readonly maxBytes?: Bytes | undefined
  /** Deepest nesting of elements, or of objects and arrays, up to 1000. @default 100 */
  readonly maxDepth?: number | undefined
  /** Longest line of `ndjson` or record of `csv`, which flow and have no other limit. @default 1048576 (1 MiB) */
  readonly maxRecordBytes?: Bytes | undefined
}

const FORMATS: Readonly<Record<string, Format<never>>> = {
  'xml to json': xmlToJson,
  'json to xml': jsonToXml,
  'form to json': formToJson,
  'json to form': jsonToForm,
  'ndjson to json': ndjsonToJson,
  'csv to json': csvToJson,
}

/**
 * Converts bodies from one format to another, of requests, of replies, or of both: clients that speak JSON in front of an upstream that speaks
 * XML, say. Bodies of other types pass as they are; Content-Type says what comes out.
 *
 * XML needs the package `fast-xml-parser`, CSV `csv-parse`. See `docs/transforming.md`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; `ERR_EDGE_HAND_OVER` from `compose` in front of `handOver()`.
 * @example
 * ```ts
 * const soap = convert({
 *   request: { from: 'json', to: 'xml', contentType: 'text/xml; charset=utf-8' },
 *   reply: { from: 'xml', to: 'json', arrays: ['item'] },
 * })
 * ```
 */
export function convert(options: ConvertOptions): Filter {
  checkOptions('convert', options, {
    request: check.object,
    reply: check.object,
    maxBytes: check.whole(1, 512 * 1024 * 1024),
    maxDepth: check.whole(1, 1_000),
    maxRecordBytes: check.whole(1, 512 * 1024 * 1024),
    ...bodyFilterChecks,
  })
  const { request, reply } = options
  const limits: ConvertLimits = {
    maxBytes: options.maxBytes ?? 1024 * 1024,
    maxDepth: options.maxDepth ?? 100,
    maxRecordBytes: options.maxRecordBytes ?? 1024 * 1024,
  }
  return bodyFilter(
    'convert',
    {
      request: request && readConversion('convert({ request })', request, limits).change,
      reply: reply && replyConversion(reply, limits),
    },
    options,
  )
}

function replyConversion(
  { only, negotiate = false, ...conversion }: Conversion & ReplyConversion,
  limits: ConvertLimits,
): { readonly change: BodyChange; readonly rules: ReplyRules } {
  const factory = 'convert({ reply })'
  checkOptions(factory, { only, negotiate }, { only: check.function, negotiate: check.boolean })
  const { change, format } = readConversion(factory, conversion, limits)
  const made = readMediaType(change.contentType!)!.essence
  const offered = [made, ...format.accepts]
  return {
    change,
    rules: {
      only,
      // An upstream that knows the client's type, too, is free to answer in that.
      accepts: format.accepts.map((type) => `${type};q=0.5`).join(', '),
      ...(negotiate ? { wanted: (exchange) => wants(exchange, offered), varied: variedByAccept } : {}),
    },
  }
}

function readConversion(
  factory: string,
  conversion: Conversion,
  limits: ConvertLimits,
): { readonly change: BodyChange; readonly format: Format<never> } {
  const pair = `${conversion.from} to ${conversion.to}`
  const format = Object.hasOwn(FORMATS, pair) ? FORMATS[pair] : undefined
  if (format === undefined) throw optionError(factory, 'from, to', pair, Object.keys(FORMATS).join(', '))
  checkOptions(factory, conversion, {
    from: check.string,
    to: check.string,
    contentType: mediaType,
    ...format.checks,
  })
  const change: BodyChange = {
    matches: (type) => format.matches(type),
    readsCharset: isUtf8Charset,
    contentType: conversion.contentType ?? format.contentType,
    work: format.work(conversion as never, limits),
  }
  return { change, format }
}

const mediaType: Check = (value) =>
  typeof value === 'string' && readMediaType(value) !== null ? undefined : 'a media type, as text/xml; charset=utf-8'

/** Whether a client likes what a conversion makes best, or nothing that there is. */
function wants({ headers }: Exchange, offered: readonly string[]): boolean {
  const best = acceptedType(headers, offered)
  return best === undefined || best === offered[0]
}

function variedByAccept(reply: Reply): Reply {
  const vary = fieldValue(reply.headers, 'vary')
  if (vary !== undefined && (vary === '*' || listHas(vary, 'accept'))) return reply
  return {
    ...reply,
    headers: changeHeaders(reply.headers, { vary: vary === undefined ? 'Accept' : `${vary}, Accept` }),
  }
}
