import type { MediaType } from '../../../http/media-type.js'
import type { Check } from '../../../options.js'
import type { BodyChange } from '../body-change.js'

/** Limits that all conversions share. */
export interface ConvertLimits {
  readonly maxBytes: number
  readonly maxDepth: number
  readonly maxRecordBytes: number
}

/** One format to another. */
export interface Format<Options> {
  /** Types of what comes in. */
  matches(type: MediaType): boolean
  /** Names of these, as an Accept field lists them. */
  readonly accepts: readonly string[]
  /** Type of what goes out. */
  readonly contentType: string
  readonly checks: Readonly<Record<string, Check>>
  work(options: Options, limits: ConvertLimits): BodyChange['work']
}

/** A format that is known by these types, and no others. */
export function oneOfTypes(...types: readonly string[]): Pick<Format<unknown>, 'matches' | 'accepts'> {
  return { matches: ({ essence }) => types.includes(essence), accepts: types }
}
