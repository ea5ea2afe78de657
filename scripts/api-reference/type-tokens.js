import { ts } from './compiler.js'

const OPEN = ['(', '[', '<']
const CLOSED = [')', ']', '>']

/**
 * A type as its author wrote it, on one line and without comments: words and signs, with what the words name.
 *
 * @param plain Whether to leave out what makes types read-only, which tells the reader of a table of options nothing.
 */
export function typeTokens(checker, node, { plain = false } = {}) {
  const tokens = [...tokensOf(checker, node)]
  return tidy(plain ? withoutReadonly(tokens) : tokens)
}

/** The type of something that may be absent, without the `undefined` that says so. */
export function withoutUndefined(node) {
  if (!ts.isUnionTypeNode(node)) return [node]
  return node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword)
}

/** Several types as a union. */
export function unionTokens(checker, nodes, options) {
  const sole = nodes.length === 1 && ts.isParenthesizedTypeNode(nodes[0]) ? nodes[0].type : undefined
  if (sole !== undefined) return typeTokens(checker, sole, options)
  return nodes.flatMap((node, at) => {
    const tokens = typeTokens(checker, node, options)
    return at === 0 ? tokens : [token('|', true), { ...tokens[0], gap: true }, ...tokens.slice(1)]
  })
}

export function textOf(tokens) {
  return tokens.map(({ text, gap }, at) => (gap && at > 0 ? ` ${text}` : text)).join('')
}

export function token(text, gap = false) {
  return { text, gap, symbol: undefined }
}

function* tokensOf(checker, node) {
  if (ts.isTypeLiteralNode(node)) yield* literal(checker, node)
  else if (ts.isIdentifier(node)) yield { text: node.text, gap: hasGap(node), symbol: symbolOf(checker, node) }
  else {
    const children = node.getChildren().filter((child) => !ts.isJSDoc(child))
    if (children.length === 0) {
      if (node.getText() !== '') yield token(node.getText(), hasGap(node))
    } else for (const child of children) yield* tokensOf(checker, child)
  }
}

/** Members stand on lines of their own in the source, with nothing between them; as good as all are read-only. */
function* literal(checker, node) {
  yield token('{', hasGap(node))
  for (const [at, member] of node.members.entries()) {
    if (at > 0) yield token(';')
    const [first, ...rest] = memberTokens(checker, member)
    yield { ...first, gap: true }
    yield* rest
  }
  yield token('}', node.members.length > 0)
}

/** Without `readonly`, the sign at its end, and the `undefined` that its `?` says already. */
function memberTokens(checker, member) {
  const all = [...tokensOf(checker, member)]
  const from = all[0].text === 'readonly' ? 1 : 0
  const to = [';', ','].includes(all.at(-1).text) ? -1 : all.length
  const kept = all.slice(from, to)
  const [bar, last] = kept.slice(-2)
  return member.questionToken !== undefined && bar?.text === '|' && last.text === 'undefined' ? kept.slice(0, -2) : kept
}

function hasGap(node) {
  return node.getStart() > node.getFullStart()
}

function symbolOf(checker, node) {
  const symbol = checker.getSymbolAtLocation(node)
  if (symbol === undefined) return undefined
  const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return real.flags & (ts.SymbolFlags.Type & ~ts.SymbolFlags.TypeParameter) ? real : undefined
}

/** Without `readonly` and `Readonly<…>`; what stands behind one takes its blank. */
function withoutReadonly(tokens) {
  const gone = new Set()
  for (const [at, { text }] of tokens.entries()) {
    if (text === 'readonly' || text === 'Readonly') gone.add(at)
    if (text === 'Readonly') gone.add(at + 1).add(closing(tokens, at + 1))
  }
  const hadGap = (at) => gone.has(at) && (tokens[at].gap || hadGap(at - 1))
  return tokens.map((each, at) => ({ ...each, gap: each.gap || hadGap(at - 1) })).filter((_each, at) => !gone.has(at))
}

/** Where the bracket that opens there closes. */
function closing(tokens, start) {
  let depth = 0
  return tokens.findIndex(({ text }, at) => {
    if (at >= start && text === '<') depth += 1
    if (at >= start && text === '>') depth -= 1
    return at >= start && depth === 0
  })
}

function tidy(tokens) {
  const kept = tokens.filter(({ text }, at) => {
    const next = tokens[at + 1]?.text
    if (text === ',') return !CLOSED.includes(next)
    if (text === '|' || text === '&') return at > 0 && tokens[at - 1].text !== '(' && tokens[at - 1].text !== '<'
    return true
  })
  return kept.map((each, at) => {
    const before = kept[at - 1]?.text
    return OPEN.includes(before) || CLOSED.includes(each.text) || each.text === ',' ? { ...each, gap: false } : each
  })
}
