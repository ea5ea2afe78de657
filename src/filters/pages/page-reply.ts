import type { Exchange } from '../../exchange.js'
import { emptyHeaders, type HeaderMap } from '../../http/header-map.js'
import { withVary } from '../../http/vary.js'
import type { Reply } from '../../reply.js'
import { isReply, type ReadPage, type Trouble } from './page.js'

/** What describes a body, and goes with it (RFC 9110 §8, RFC 9530); what says when to come back, or how to log in, stays. */
const OF_THE_BODY: ReadonlySet<string> = new Set(
  'content-type content-length content-encoding content-language content-location content-range content-disposition content-md5 content-digest repr-digest digest accept-ranges etag last-modified'.split(
    ' ',
  ),
)

/** A reply of this status and with these fields, and a page for its body. */
export async function pageReply(
  page: ReadPage,
  trouble: Trouble,
  headers: HeaderMap,
  exchange: Exchange,
): Promise<Reply> {
  const made = await page(trouble, exchange)
  const { status } = trouble
  const fields = emptyHeaders()
  for (const name in headers) if (!OF_THE_BODY.has(name)) fields[name] = headers[name]
  if (isReply(made)) {
    for (const name in made.headers) fields[name] = made.headers[name]
    return { ...made, status, headers: fields }
  }
  const { body, type, negotiated } = made
  fields['content-type'] = type === 'application/json' ? type : `${type}; charset=utf-8`
  // A HEAD is told the length that a GET would be.
  fields['content-length'] = String(body.length)
  if (negotiated) fields['vary'] = withVary(fields, ['accept'])
  return { status, headers: fields, body }
}
