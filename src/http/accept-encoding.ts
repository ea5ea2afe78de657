/** Content codings that Edgewise speaks, by their names in the IANA registry. */
export type ContentCoding = 'zstd' | 'br' | 'gzip' | 'deflate'

/** Browsers send less than 50 characters; a field past this is not read at all, so that its length costs nothing (H-161). */
const MAX_LENGTH = 1024

/** RFC 9110 §12.4.2: 0 to 1, with at most three decimals; anything else is no weight. */
const MEMBER = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?$/

/**
 * The coding that a client likes best among those offered (RFC 9110 §12.5.3); at equal weights the one offered first. `null` for
 * none: the reply goes out as it is, also to a client that wants anything but that (`identity;q=0`), to which the RFC lets a 406 be
 * sent, and nobody sends one. A field that is absent would allow every coding; as everywhere, it is not taken at its word.
 *
 * Malformed members don't count. Of a repeated coding the lowest weight does, so that nothing is sent that was refused.
 */
export function preferredCoding(field: string | undefined, offered: readonly ContentCoding[]): ContentCoding | null {
  const weights = readWeights(field)
  if (weights === null) return null
  const others = weights.get('*') ?? 0
  let best: ContentCoding | null = null
  let most = 0
  for (const coding of offered) {
    const weight = weights.get(coding) ?? others
    if (weight > most) {
      best = coding
      most = weight
    }
  }
  return (weights.get('identity') ?? others) > most ? null : best
}

/** Whether a client has said that it takes a coding. */
export function acceptsCoding(field: string | undefined, coding: string): boolean {
  const weights = readWeights(field)
  return weights !== null && (weights.get(coding) ?? weights.get('*') ?? 0) > 0
}

/** The name by which a coding is known: lower case, without the `x-` of RFC 9110 §8.4.1.3. */
export function codingName(name: string): string {
  const lower = name.toLowerCase()
  return lower === 'x-gzip' ? 'gzip' : lower
}

function readWeights(field: string | undefined): ReadonlyMap<string, number> | null {
  if (field === undefined || field === '' || field.length > MAX_LENGTH) return null
  const weights = new Map<string, number>()
  for (const part of field.toLowerCase().split(',')) {
    const member = MEMBER.exec(part.trim())
    if (member === null) continue
    const coding = codingName(member[1]!)
    const weight = member[2] === undefined ? 1 : Number(member[2])
    const before = weights.get(coding)
    if (before === undefined || weight < before) weights.set(coding, weight)
  }
  return weights
}
