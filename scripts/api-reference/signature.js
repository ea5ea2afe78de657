import { ts } from './compiler.js'
import { callTokens, typeParameterTokens } from './members.js'
import { textOf, token, typeTokens } from './type-tokens.js'

const WIDTH = 100

/** The tokens of what one has to know to use an export, for each of its declarations that users see. */
export function signatureTokens(checker, entry) {
  return seenDeclarations(entry).map((node) => tokensOf(checker, entry, node))
}

/** Overloads without the implementation behind them. */
export function seenDeclarations({ declarations, kind }) {
  if (kind !== 'function' || declarations.length === 1) return declarations
  return declarations.filter((node) => node.body === undefined)
}

function tokensOf(checker, { name, kind }, node) {
  if (kind === 'function') return [token(name), ...callTokens(checker, node)]
  if (kind === 'const') return [token(`const ${name}:`), ...spaced(typeTokens(checker, node.type ?? node.name))]
  const head = [token(`${kind} ${name}`), ...typeParameterTokens(checker, node)]
  if (kind === 'type') return [...head, token('=', true), ...spaced(definition(checker, node.type))]
  const parents = (node.heritageClauses ?? []).flatMap((clause) => typeTokens(checker, clause))
  return parents.length === 0 ? head : [...head, ...spaced(parents)]
}

/** What an alias stands for; the keys of a table in the sources are spelled out. */
function definition(checker, node) {
  if (!ts.isTypeOperatorNode(node) || !ts.isTypeQueryNode(node.type)) return typeTokens(checker, node)
  const { types = [] } = checker.getTypeFromTypeNode(node)
  return types.flatMap(({ value }, at) => [...(at === 0 ? [] : [token('|', true)]), token(`'${value}'`, at > 0)])
}

function spaced([first, ...rest]) {
  return [{ ...first, gap: true }, ...rest]
}

/** Code in lines: a long union has a member a line, a long call a parameter a line. */
export function signatureText(tokens) {
  const line = textOf(tokens)
  if (line.length <= WIDTH) return line
  const depths = depthsOf(tokens)
  if (!line.startsWith('type ')) return brokenCall(tokens, depths)
  const signs =
    [['|'], ['&'], ['?', ':']].find((each) => tokens.some(({ text }, at) => each.includes(text) && depths[at] === 0)) ??
    []
  return inLines(tokens, (at) => signs.includes(tokens[at].text) && depths[at] === 0)
}

/** Breaks in front of tokens. */
function inLines(tokens, isBreak) {
  const starts = [0, ...tokens.keys().filter(isBreak)]
  return starts.map((start, at) => textOf(tokens.slice(start, starts[at + 1]))).join('\n  ')
}

function brokenCall(tokens, depths) {
  const opens = tokens.findIndex(({ text }, at) => text === '(' && depths[at] === 1)
  const closes = tokens.findIndex(({ text }, at) => at > opens && text === ')' && depths[at] === 0)
  if (opens === -1) return textOf(tokens)
  const parameters = tokens.slice(opens + 1, closes)
  const inner = inLines(parameters, (at) => at > 0 && parameters[at - 1].text === ',' && depths[opens + at] === 1)
  return `${textOf(tokens.slice(0, opens + 1))}\n  ${inner},\n${textOf(tokens.slice(closes))}`
}

/** How many brackets stand open behind each token. */
function depthsOf(tokens) {
  let depth = 0
  return tokens.map(({ text }) => {
    if (['(', '[', '{', '<'].includes(text)) depth += 1
    else if ([')', ']', '}', '>'].includes(text)) depth -= 1
    return depth
  })
}
