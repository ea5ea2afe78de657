import type { Exchange } from '../../exchange.js'
import { listMembers } from '../../http/field-list.js'
import { fieldValue, type HeaderMap } from '../../http/header-map.js'
import { type MediaType, readMediaType } from '../../http/media-type.js'
import type { Refusal } from './refusal.js'

/** The media type of a message: `undefined` if it names none, `null` if what it names is none (H-203). */
export function typeOf(headers: HeaderMap): MediaType | null | undefined {
  const field = fieldValue(headers, 'content-type')
  return field === undefined ? undefined : readMediaType(field)
}

/** The refusal of a media type, telling which would do (RFC 9110 §15.5.16). */
export function unsupported(accepted: string): Refusal {
  return {
    status: 415,
    detail: `The media type of the body must be ${accepted}.`,
    rule: 'the media type is none that is taken',
    headers: { accept: accepted },
  }
}

/** Whether a body is compressed or the like, so that what is read here is not what its reader will see. */
export function isEncoded(headers: HeaderMap): boolean {
  const encoding = fieldValue(headers, 'content-encoding')
  return encoding !== undefined && listMembers(encoding).some((coding) => coding.toLowerCase() !== 'identity')
}

/** Why the text of a body can't be read, by what its fields say; `null` if it can. */
export function unreadable({ headers }: Exchange, { parameters }: MediaType): Refusal | null {
  if (isEncoded(headers)) {
    const detail = 'The body must be in no content coding.'
    return { status: 415, detail, headers: { 'accept-encoding': 'identity' } }
  }
  const charset = parameters.get('charset')?.toLowerCase()
  return charset === undefined || charset === 'utf-8' || charset === 'us-ascii'
    ? null
    : { status: 415, detail: 'The body must be in UTF-8.' }
}
