import { changeHeaders, type HeaderMap } from '../../http/header-map.js'

/** What stands in a secret's place. */
const HIDDEN = '***'

const FIELDS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'signature'])
/** Names that people give to fields and parameters with secrets in them. */
const TELLING = /(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|credential|session|signature|auth)(?:[-_].*)?$/i
const PARAMETER = /([?&;])([^=&;#\s]+)=([^&;#\s]*)/g

/** Fields with the values of those hidden that let somebody in. */
export function withoutSecrets(headers: HeaderMap): HeaderMap {
  const change: Record<string, string> = {}
  for (const name in headers) if (FIELDS.has(name) || TELLING.test(name)) change[name] = HIDDEN
  return changeHeaders(headers, change)
}

/** A text with the same done to the queries of URLs in it. */
export function withoutQuerySecrets(text: string): string {
  return text.replace(PARAMETER, (whole, mark, name) => (TELLING.test(name) ? `${mark}${name}=${HIDDEN}` : whole))
}

/** An explanation in which no value of a field or a query lets anybody in. */
export function hideSecrets<T>(told: T): T {
  if (typeof told === 'string') return withoutQuerySecrets(told) as T
  if (typeof told !== 'object' || told === null) return told
  if (Array.isArray(told)) return told.map(hideSecrets) as T
  const copy: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(told))
    copy[name] = name === 'headers' ? hideSecrets(withoutSecrets(value)) : hideSecrets(value)
  return copy as T
}
