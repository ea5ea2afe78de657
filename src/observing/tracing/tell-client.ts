import { changeHeaders, fieldValue, type HeaderMap } from '../../http/header-map.js'
import type { Trace } from './trace.js'
import type { TracingOptions } from './tracing-options.js'

/** Adds a trace to a reply's fields. */
type Tell = (headers: HeaderMap, trace: Trace) => HeaderMap

/** How a client is told its trace. */
export const TELL: Readonly<Record<Exclude<NonNullable<TracingOptions['tellClient']>, false>, Tell>> = {
  // The format of Level 3's draft: version, trace, span, flags.
  traceresponse: (headers, { traceparent }) => changeHeaders(headers, { traceresponse: traceparent }),
  // What browsers' agents of Splunk, Elastic and others read, since scripts see no other field of a page's own reply.
  'server-timing': (headers, { traceparent }) => {
    const before = fieldValue(headers, 'server-timing')
    const entry = `traceparent;desc="${traceparent}"`
    return changeHeaders(headers, { 'server-timing': before === undefined ? entry : `${before}, ${entry}` })
  },
}
