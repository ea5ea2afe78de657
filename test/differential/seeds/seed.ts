/** A request, or several on one connection, by a name; a hazard's number where it is that one's example. */
export type Seed = readonly [name: string, bytes: string]

/** Lines and the empty one. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}

export function get(target: string, ...fields: readonly string[]): string {
  return head(`GET ${target} HTTP/1.1`, 'Host: a', ...fields)
}

export function post(target: string, body: string, ...fields: readonly string[]): string {
  return head(`POST ${target} HTTP/1.1`, 'Host: a', ...fields, `Content-Length: ${body.length}`) + body
}

export function chunked(target: string, chunks: readonly string[], ...fields: readonly string[]): string {
  const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
  return `${head(`POST ${target} HTTP/1.1`, 'Host: a', ...fields, 'Transfer-Encoding: chunked')}${body}0\r\n\r\n`
}

/** A POST framed by these lines, whatever its body then is. */
export function framed(lines: readonly string[], body: string): string {
  return head('POST /x HTTP/1.1', 'Host: a', ...lines) + body
}
