import { ts } from './compiler.js'
import { docOf } from './doc-comment.js'
import { fieldsOf, isVisible, typeOf } from './members.js'
import { token } from './type-tokens.js'

/** An alias of so many words at most is spelled out. */
const MOST_WORDS = 6

/** All options of a type: inherited ones, those of every form that it may have, and those within an option, as `queue.max`. */
export function flatOptions(checker, symbol) {
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const forms = type.isUnion() ? type.types : [type]
  const found = new Map()
  for (const form of forms) for (const property of checker.getPropertiesOfType(form)) note(checker, found, property)
  return [...found.values()]
    .filter(({ node }) => node !== undefined && isVisible(node))
    .flatMap(({ node, count, optional }) => optionsOf(checker, node, optional || count < forms.length))
}

function optionsOf(checker, node, optional, path = '') {
  const name = path + node.name.getText()
  const tokens = spelledOut(checker, typeOf(checker, meant(checker, node), optional, { plain: true }))
  const inner = fieldsOf(checker, node).map((field) => optionsOf(checker, field.node, field.optional, `${name}.`))
  const shown = inner.length > 0 ? [token('object')] : tokens
  return [{ name, owner: node.parent, optional, tokens: shown, doc: docOf(node) }, ...inner.flat()]
}

/** The option that `A['b']` stands for, or this one. */
function meant(checker, node) {
  if (node.type === undefined || !ts.isIndexedAccessTypeNode(node.type)) return node
  const { objectType, indexType } = node.type
  const property = checker.getTypeFromTypeNode(objectType).getProperty(indexType.literal?.text)
  return property?.declarations?.[0] ?? node
}

/** Notes an option of one form of a type; `undefined` is how a form says that it has not got it. */
function note(checker, found, property) {
  if ((checker.getTypeOfSymbol(property).flags & ts.TypeFlags.Undefined) !== 0) return
  const optional = (property.flags & ts.SymbolFlags.Optional) !== 0
  const known = found.get(property.name)
  found.set(property.name, {
    name: property.name,
    node: known?.node ?? property.declarations?.[0],
    count: (known?.count ?? 0) + 1,
    optional: optional || (known?.optional ?? false),
  })
}

/** The words that an alias stands for, in its place. */
function spelledOut(checker, tokens) {
  const [{ symbol }, second] = tokens
  const isAlias = symbol?.declarations?.some(ts.isTypeAliasDeclaration) && (second === undefined || second.text === '|')
  const words = isAlias ? wordsOf(checker, symbol) : []
  return words.length === 0 || words.length > MOST_WORDS
    ? tokens
    : [{ ...tokens[0], text: words.join(' | ') }, ...tokens.slice(1)]
}

/** The words of an alias in their own order; those of one that is made of another by the alphabet. */
function wordsOf(checker, symbol) {
  const { type } = symbol.declarations.find(ts.isTypeAliasDeclaration)
  if (ts.isUnionTypeNode(type))
    return type.types.every(ts.isLiteralTypeNode) ? type.types.map((each) => each.getText()) : []
  const { types = [] } = checker.getDeclaredTypeOfSymbol(symbol)
  return types.every((each) => each.isStringLiteral()) ? types.map(({ value }) => `'${value}'`).sort() : []
}
