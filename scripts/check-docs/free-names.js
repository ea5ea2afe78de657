import { ts } from '../api-reference/compiler.js'

/** What declares a name. */
const DECLARING = [
  ts.isVariableDeclaration,
  ts.isBindingElement,
  ts.isParameter,
  ts.isFunctionDeclaration,
  ts.isClassDeclaration,
  ts.isInterfaceDeclaration,
  ts.isTypeAliasDeclaration,
  ts.isTypeParameterDeclaration,
  ts.isImportClause,
  ts.isImportSpecifier,
  ts.isNamespaceImport,
]

/** The names that a program uses and does not declare. */
export function freeNames(source) {
  const identifiers = identifiersIn(source)
  const declared = new Set(identifiers.filter(isDeclared).map(({ text }) => text))
  const used = new Set(identifiers.filter(isUsed).map(({ text }) => text))
  return [...used.difference(declared)]
}

function identifiersIn(node) {
  const found = ts.isIdentifier(node) ? [node] : []
  ts.forEachChild(node, (child) => void found.push(...identifiersIn(child)))
  return found
}

function isDeclared(identifier) {
  return identifier.parent.name === identifier && DECLARING.some((is) => is(identifier.parent))
}

/** What only names a thing does not use it; the `pool` of `{ pool }` does both. */
function isUsed(identifier) {
  const { parent } = identifier
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isConstTypeReference(parent)) return false
  return parent.name !== identifier && parent.propertyName !== identifier
}
