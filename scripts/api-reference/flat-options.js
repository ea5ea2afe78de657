import { ts } from './compiler.js'
import { docOf } from './doc-comment.js'
import { isVisible, typeOf } from './members.js'
import { typeTokens } from './type-tokens.js'

/** An alias of so many words at most is spelled out. */
const MOST_WORDS = 6

/**
 * All options of a type: inherited ones, and those of every form that it may have.
 *
 * @param own Whether to leave out what others have as well: inherited ones.
 */
export function flatOptions(checker, symbol, own) {
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const forms = type.isUnion() ? type.types : [type]
  const found = new Map()
  for (const form of forms) for (const property of checker.getPropertiesOfType(form)) note(checker, found, property)
  return [...found.values()]
    .filter(({ node }) => node !== undefined && isVisible(node))
    .filter(({ node }) => !own || symbol.declarations.includes(node.parent))
    .map(({ name, node, count, optional }) => {
      const may = optional || count < forms.length
      const tokens = typeOf(checker, node, may, { plain: true })
      return { name, optional: may, tokens: spelledOut(checker, tokens), doc: docOf(node) }
    })
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
  const [first, second] = tokens
  const type = first.symbol?.declarations?.find(ts.isTypeAliasDeclaration)?.type
  const isWords =
    type !== undefined &&
    ts.isUnionTypeNode(type) &&
    type.types.length <= MOST_WORDS &&
    type.types.every(ts.isLiteralTypeNode)
  return isWords && (second === undefined || second.text === '|')
    ? [...typeTokens(checker, type), ...tokens.slice(1)]
    : tokens
}
