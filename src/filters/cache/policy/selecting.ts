import { listMembers, splitUnquoted } from '../../../http/field-list.js'
import { emptyHeaders, fieldValue, type HeaderMap } from '../../../http/header-map.js'

/** What a request tells that a response may vary by. */
export interface Asked {
  readonly headers: HeaderMap
  readonly client: { readonly peer: string; readonly forwardedFor: string }
}

/** The request fields that a response varies by: lower case, each once, sorted; `null` for `*` in any position (RFC 9110 §12.5.5). */
export function varyNames(headers: HeaderMap): readonly string[] | null {
  const field = fieldValue(headers, 'vary')
  if (field === undefined) return []
  const names = new Set(listMembers(field.toLowerCase()))
  return names.has('*') ? null : [...names].sort()
}

/** The fields of a request that a response was selected by. */
export function selectingFields(vary: readonly string[], asked: Asked): HeaderMap {
  const selecting = emptyHeaders()
  for (const name of vary) selecting[name] = shownValue(name, asked)
  return selecting
}

/** Whether a response that was made for other selecting fields is right for this request, too (RFC 9111 §4.1). */
export function isSelected(vary: readonly string[], selecting: HeaderMap, asked: Asked): boolean {
  for (const name of vary) {
    const [then, now] = [fieldValue(selecting, name), shownValue(name, asked)]
    if (then === now) continue
    // Absent and empty are not the same.
    if (then === undefined || now === undefined || normalForm(name, then) !== normalForm(name, now)) return false
  }
  return true
}

/** One name for all requests that a response is right for: what it varies by, in normal form. */
export function variantName(vary: readonly string[], asked: Asked): string {
  return vary
    .map((name) => {
      const value = shownValue(name, asked)
      return value === undefined ? name : `${name}: ${normalForm(name, value)}`
    })
    .join('\n')
}

/** A field as the upstream is shown it: the chain of addresses is not the client's to write. */
function shownValue(name: string, { headers, client }: Asked): string | undefined {
  if (name !== 'x-forwarded-for' && name !== 'forwarded') return fieldValue(headers, name)
  return `${client.forwardedFor}, ${client.peer}`
}

const NEGOTIATING: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'accept-language'])

/**
 * A value with what makes no difference taken out: spaces around commas; in fields that rank also letter case, a weight of 1,
 * and the order of what weighs the same.
 */
function normalForm(name: string, value: string): string {
  if (NEGOTIATING.has(name)) return ranking(value)
  // What is inside quotes is not ours to touch.
  return value.includes('"')
    ? value.trim()
    : value
        .split(',')
        .map((part) => part.trim())
        .join(',')
}

function ranking(value: string): string {
  return splitUnquoted(value.toLowerCase(), ',')
    .map((part) => {
      const [choice = '', ...parameters] = splitUnquoted(part, ';').map((each) =>
        each.trim().replace(/[ \t]*=[ \t]*/, '='),
      )
      const weight = parameters.find((each) => each.startsWith('q='))
      const others = parameters.filter((each) => each !== weight)
      const rank = weight === undefined ? 1 : Number(weight.slice(2))
      return { text: [choice, ...others].join(';'), rank: Number.isFinite(rank) ? rank : 0 }
    })
    .filter(({ text }) => text !== '')
    .sort((a, b) => b.rank - a.rank || (a.text < b.text ? -1 : 1))
    .map(({ text, rank }) => (rank === 1 ? text : `${text};q=${rank}`))
    .join(',')
}
