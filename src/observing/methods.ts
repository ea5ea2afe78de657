/** Those of RFC 9110 §9, and PATCH (RFC 5789). A client may send any token, so that no other one names a series or a span (H-196). */
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
])
