import { ts } from './compiler.js'
import { docOf } from './doc-comment.js'
import { textOf, token, typeTokens, unionTokens, withoutUndefined } from './type-tokens.js'

const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected

/** What users see of an interface, a class or an object type, in the order of the source. */
export function membersOf(checker, declaration) {
  return (declaration.members ?? [])
    .filter((node) => !ts.isConstructorDeclaration(node) && isVisible(node))
    .filter((node, _at, all) => !ts.isSetAccessor(node) || !all.some((other) => isGetterOf(other, node)))
    .map((node) => member(checker, node))
}

export function isVisible(node) {
  if (ts.getCombinedModifierFlags(node) & HIDDEN || docOf(node).internal) return false
  const { name } = node
  if (name === undefined) return true
  // A key that no user has, as a brand is.
  if (ts.isComputedPropertyName(name)) return /^Symbol\.(?!hasInstance)/.test(name.expression.getText())
  return !ts.isPrivateIdentifier(name)
}

function isGetterOf(other, setter) {
  return ts.isGetAccessor(other) && other.name.getText() === setter.name.getText()
}

/** A property, a method, a call or an index, as one writes it. */
function member(checker, node) {
  const name = node.name?.getText() ?? ''
  const optional = node.questionToken !== undefined
  const head = token(`${isStatic(node) ? 'static ' : ''}${name}${optional ? '?' : ''}`)
  const isCall = 'parameters' in node && !ts.isIndexSignatureDeclaration(node) && !ts.isAccessor(node)
  const tokens = isCall
    ? [head, ...callTokens(checker, node)]
    : ts.isIndexSignatureDeclaration(node)
      ? typeTokens(checker, node).filter(({ text }) => text !== 'readonly')
      : [head, token(':'), ...gapped(typeOf(checker, node, optional))]
  return { node, name, optional, tokens, doc: docOf(node) }
}

function isStatic(node) {
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Static) !== 0
}

/** `<T>(a: A, b?: B): C`, of a function or a method. */
export function callTokens(checker, node) {
  const parameters = node.parameters.flatMap((each, at) => {
    const tokens = parameterTokens(checker, each)
    return at === 0 ? tokens : [token(','), ...gapped(tokens)]
  })
  const result = node.type === undefined ? [token(returned(checker, node))] : typeTokens(checker, node.type)
  const isMade = ts.isConstructorDeclaration(node)
  return [
    ...typeParameterTokens(checker, node),
    token('('),
    ...parameters,
    token(')'),
    ...(isMade ? [] : [token(':'), ...gapped(result)]),
  ]
}

export function typeParameterTokens(checker, { typeParameters = [] }) {
  if (typeParameters.length === 0) return []
  const each = typeParameters.flatMap((node, at) => [
    ...(at === 0 ? [] : [token(',')]),
    ...spaced(typeTokens(checker, node), at),
  ])
  return [token('<'), ...each, token('>')]
}

export function parameterTokens(checker, node) {
  const rest = node.dotDotDotToken === undefined ? '' : '...'
  const name = ts.isIdentifier(node.name) ? node.name.text : 'options'
  const optional = node.questionToken !== undefined || node.initializer !== undefined
  return [token(`${rest}${name}${optional ? '?' : ''}`), token(':'), ...gapped(typeOf(checker, node, optional))]
}

/** The type of a property or a parameter; what is inferred is asked of the checker. */
export function typeOf(checker, node, optional, options) {
  if (node.type === undefined) return [token(inferred(checker, node))]
  return unionTokens(checker, optional ? withoutUndefined(node.type) : [node.type], options)
}

function inferred(checker, node) {
  const type = checker.getTypeAtLocation(node)
  const isFixed = (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Readonly) !== 0
  return checker.typeToString(isFixed ? type : checker.getBaseTypeOfLiteralType(type)).replaceAll('"', "'")
}

function returned(checker, node) {
  return checker.typeToString(checker.getReturnTypeOfSignature(checker.getSignatureFromDeclaration(node)))
}

function gapped([first, ...rest]) {
  return [{ ...first, gap: true }, ...rest]
}

function spaced(tokens, at) {
  return at === 0 ? [{ ...tokens[0], gap: false }, ...tokens.slice(1)] : gapped(tokens)
}

/** Object types that an alias is made of, whose members have something to say. */
export function objectTypesOf(node) {
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node)) return node.types.flatMap(objectTypesOf)
  if (ts.isParenthesizedTypeNode(node)) return objectTypesOf(node.type)
  return ts.isTypeLiteralNode(node) && node.members.some(isExplained) ? [node] : []
}

/** The fields of an object type within a member, if they are explained one by one, or are more than a line holds. */
export function fieldsOf(checker, { type }) {
  const [inner, ...others] = type === undefined ? [] : withoutUndefined(type)
  if (inner === undefined || others.length > 0 || !ts.isTypeLiteralNode(inner)) return []
  const isLong = textOf(typeTokens(checker, inner)).length > 60
  return isLong || objectTypesOf(inner).length > 0 ? membersOf(checker, inner) : []
}

function isExplained(node) {
  const doc = docOf(node)
  return doc.text !== '' || doc.default !== undefined
}
