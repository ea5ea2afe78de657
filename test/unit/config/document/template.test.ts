import { describe, expect, it } from 'vitest'
import { readTemplate } from '../../../../src/config/document/template.js'

const kinds = (text: string): string => {
  const pieces = readTemplate(text)
  if (pieces === null || typeof pieces === 'string') return String(pieces)
  return pieces
    .map((piece) =>
      piece.kind === 'text'
        ? piece.text
        : piece.kind === 'file'
          ? `<file ${piece.path}>`
          : `<${piece.name}|${piece.otherwise}>`,
    )
    .join('')
}

describe('a text with names in it', () => {
  it.each([
    ['nothing', 'null'],
    ['$NAME and $1', 'null'],
    ['{params.id}', 'null'],
    [`\${A}`, '<A|null>'],
    [`x\${A}y\${B_2}z`, 'x<A|null>y<B_2|null>z'],
    [`\${A:-}`, '<A|>'],
    [`\${A:-b:-c}`, '<A|b:-c>'],
    // A default is a text, and ends at the first brace.
    [`\${A:-\${B}}`, `<A|\${B>}`],
    [`\${file:/run/secrets/a b}`, '<file /run/secrets/a b>'],
    [`$\${A}`, `\${A}`],
    [`$\${\${A}`, `\${<A|null>`],
  ])('%j is %s', (text, shown) => expect(kinds(text)).toBe(shown))

  it.each([`\${`, `a\${}`, `\${A B}`, `\${1A}`, `\${A:?x}`, `\${A:b}`, `\${file:}`, `\${A`, `\${file:a\0b}`])(
    '%j is refused',
    (text) => expect(kinds(text)).toContain(`is no \${NAME}`),
  )
})
