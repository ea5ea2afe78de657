import { changeHeaders, type HeaderMap } from '../../http/header-map.js'
import { compileRedactor } from '../redact.js'

/** Names are those that logs go by. */
const redactor = compileRedactor('explain', { replace: '***' })
/** What a word of a text has in it that may be a URL with a secret. */
const URL_LIKE = /[?#]|\/\/[^/]*@/

/** Fields with the values of those hidden that let somebody in. */
function withoutSecrets(headers: HeaderMap): HeaderMap {
  const change: Record<string, string> = {}
  for (const name in headers) if (redactor.isSecretField(name)) change[name] = redactor.replacement
  return changeHeaders(headers, change)
}

/** An explanation in which no value of a field or a query lets anybody in. */
export function hideSecrets<T>(told: T): T {
  if (typeof told === 'string')
    return told.replace(/\S+/g, (word) => (URL_LIKE.test(word) ? redactor.url(word) : word)) as T
  if (typeof told !== 'object' || told === null) return told
  if (Array.isArray(told)) return told.map(hideSecrets) as T
  const copy: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(told))
    copy[name] = name === 'headers' ? hideSecrets(withoutSecrets(value)) : hideSecrets(value)
  return copy as T
}
