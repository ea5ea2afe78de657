import { fieldValue, type HeaderMap } from '../../http/header-map.js'
import { readMediaType } from '../../http/media-type.js'
import { type Decoder, decodersFor } from '../decompress/decoders.js'
import type { BodyChange } from './body-change.js'

/** As `decompress()` by default. */
const MAX_CODINGS = 2

/** What undoes the codings of a body that is to be changed; why that can't be; or `null` for one that is not meant. */
export type Judgement = readonly Decoder[] | string | null

/**
 * Judges a message by its fields. A Content-Type that is none to the letter is JSON to lenient parsers, and would slip past (H-203), so
 * that it counts as unreadable, not as another type.
 */
export function judge(headers: HeaderMap, change: BodyChange): Judgement {
  const field = fieldValue(headers, 'content-type')
  if (field === undefined) return null
  const type = readMediaType(field)
  if (type === null) return 'the Content-Type is none'
  if (!change.matches(type)) return null
  if (!change.readsCharset(type.parameters.get('charset'))) return 'the charset is not one that can be read'
  const encoding = fieldValue(headers, 'content-encoding')
  if (encoding === undefined) return NONE
  return decodersFor(encoding, MAX_CODINGS) ?? 'the content coding is not known'
}

const NONE: readonly Decoder[] = []
