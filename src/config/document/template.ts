/** A piece of a text: as it stands, or in its place the value of an environment variable, or a file's content. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'env'; readonly name: string; readonly otherwise: string | null; readonly written: string }
  | { readonly kind: 'file'; readonly path: string; readonly written: string }

const MARK = /\$\$\{|\$\{([^}]*)(\}?)/g

/**
 * Takes a text apart: `${NAME}`, `${NAME:-default}` for where it is not set or empty, `${file:PATH}`, and `$${` for `${` itself. A text
 * with none of these is `null`; what is wrong is a message.
 */
export function readTemplate(text: string): readonly Piece[] | string | null {
  if (!text.includes('${')) return null
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(MARK)) {
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) })
    end = match.index + match[0].length
    const [written, inner, close] = match
    const piece: Piece | null =
      written === '$${' ? { kind: 'text', text: '${' } : close === '}' ? readPiece(inner!, written) : null
    if (piece === null)
      return `${JSON.stringify(shortened(written))} is no \${NAME}, \${NAME:-default} or \${file:PATH}; write $\${ for a plain \${`
    pieces.push(piece)
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) })
  return pieces
}

function readPiece(inner: string, written: string): Piece | null {
  if (inner.startsWith('file:')) {
    const path = inner.slice('file:'.length)
    return path === '' || path.includes('\0') ? null : { kind: 'file', path, written }
  }
  const [, name, , otherwise = null] = /^([A-Za-z_]\w*)(:-(.*))?$/s.exec(inner) ?? []
  return name === undefined ? null : { kind: 'env', name, otherwise, written }
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
