import type { OutgoingHttpHeaders } from 'node:http2'
import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import type { Endpoint } from '../../upstream/endpoint.js'

/** Node checks names, but not values: what HPACK carries as it is would be a line of its own to an upstream that speaks HTTP/1.1 behind it. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const COLON = 58

/**
 * The fields of a request as `node:http2` takes them: pseudo-fields first, Host as `:authority`, none that belongs to a connection
 * (RFC 9113 §8.2.2), a length only where it is known.
 *
 * @throws {@link EdgeError} `ERR_EDGE_BAD_VALUE` for a value with a control character, or a pseudo-field that somebody set.
 */
export function http2Fields({ method, wire, headers, body }: Exchange, endpoint: Endpoint): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {
    __proto__: null as never,
    ':method': method,
    ':scheme': endpoint.protocol === 'https' ? 'https' : 'http',
    ':authority': (headers['host'] as string | undefined) ?? endpoint.host,
    ':path': endpoint.pathPrefix + wire.href,
  }
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name === 'host' || name === 'content-length') continue
    if (name.charCodeAt(0) === COLON) throw new EdgeError('ERR_EDGE_BAD_VALUE', 'a pseudo-field among the fields')
    for (const line of typeof value === 'string' ? [value] : value)
      if (!VALUE.test(line)) throw new EdgeError('ERR_EDGE_BAD_VALUE', `a value of ${name} that cannot be sent`)
    fields[name] = value as string
  }
  if (body.length !== undefined && (body.length > 0 || method === 'POST' || method === 'PUT' || method === 'PATCH'))
    fields['content-length'] = String(body.length)
  return fields
}
