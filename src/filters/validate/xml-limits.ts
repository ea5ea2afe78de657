import type { Filter } from '../../filter.js'
import type { MediaType } from '../../http/media-type.js'
import { type Bytes, check, checkOptions } from '../../options.js'
import type { DenialOptions } from '../denial.js'
import { bodyGuard } from './body-guard.js'
import { DEFAULT_MAX_BYTES, textOf } from './json-text.js'
import { type Refusal, refuser } from './refusal.js'
import { typedPlan } from './typed-plan.js'
import { scanXml, type XmlRules } from './xml-scan.js'

export interface XmlLimitsOptions extends DenialOptions {
  /** Longest body; a longer one is a 413. @default 1_048_576 (1 MiB) */
  readonly maxBytes?: Bytes | undefined
  /** Elements within each other. @default 64 */
  readonly maxDepth?: number | undefined
  /** Elements in all. @default 10_000 */
  readonly maxElements?: number | undefined
  /** Attributes of one element, namespaces included. @default 64 */
  readonly maxAttributes?: number | undefined
  /** Characters of a name. @default 256 */
  readonly maxNameLength?: number | undefined
  /** Characters of an attribute's value. @default 8_192 */
  readonly maxAttributeLength?: number | undefined
  /** Whether there may be processing instructions, as `<?xml-stylesheet?>`, which fetches. @default 'refuse' */
  readonly instructions?: 'refuse' | 'allow' | undefined
  /** What becomes of bodies that are not said to be XML: they pass unread, or get a 415. @default 'pass' */
  readonly otherTypes?: 'pass' | 'refuse' | undefined
}

/**
 * Refuses XML that is dangerous to parse: a document type, and with it all entities beyond the five that XML has (billion laughs,
 * quadratic blow-up, files and URLs by XXE); deep nesting, elements and attributes of very many; what is not well-formed, which
 * parsers read in ways of their own. The text is read once, and nothing is made of it. What passes goes on as the bytes that came.
 *
 * XML must be in UTF-8: markup in another encoding is not seen by who reads it as UTF-8.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const soap = { path: '/soap', filters: [xmlLimits({ otherTypes: 'refuse', maxDepth: 32 })], handler: forward({ pool }) }
 * ```
 */
export function xmlLimits(options: XmlLimitsOptions = {}): Filter {
  const many = check.whole(1, 100_000_000)
  checkOptions('xmlLimits', options, {
    maxBytes: check.whole(1, 2 ** 30),
    maxDepth: many,
    maxElements: many,
    maxAttributes: many,
    maxNameLength: many,
    maxAttributeLength: many,
    instructions: check.oneOf('refuse', 'allow'),
    otherTypes: check.oneOf('pass', 'refuse'),
    events: check.object,
  })
  const rules: XmlRules = {
    maxDepth: options.maxDepth ?? 64,
    maxElements: options.maxElements ?? 10_000,
    maxAttributes: options.maxAttributes ?? 64,
    maxNameLength: options.maxNameLength ?? 256,
    maxAttributeLength: options.maxAttributeLength ?? 8_192,
    instructions: options.instructions ?? 'refuse',
  }
  const judge = (body: Uint8Array): Refusal | null => {
    const text = textOf(body)
    const found = text === null ? 'text that is not UTF-8' : scanXml(text, rules)
    return found === null ? null : { status: 400, detail: `The body holds ${found}.` }
  }
  return bodyGuard({
    filterName: 'xmlLimits',
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    refuse: refuser('xmlLimits', options.events),
    plan: typedPlan('application/xml', isXml, options.otherTypes ?? 'pass', judge),
  })
}

/** Whether a media type says XML (RFC 7303): `application/xml`, `text/xml`, or any with the suffix `+xml`. */
function isXml({ essence, suffix }: MediaType): boolean {
  return essence === 'application/xml' || essence === 'text/xml' || (suffix === 'xml' && essence.includes('+xml'))
}
