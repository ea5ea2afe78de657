import { ts } from '../api-reference/compiler.js'
import { openProject } from '../api-reference/project.js'
import { freeNames } from './free-names.js'
import { declarationOf } from './reader-names.js'

/** Makes programs of examples: what the package exports is imported, and what is the reader's is declared. */
export function programsOf(root, examples) {
  const { checker, subpaths } = openProject(root)
  const imports = importsOf(subpaths)
  const globals = globalNames(checker)
  return examples.map((example) => {
    const source = sourceOf(example.code)
    const names = freeNames(source).filter((name) => !globals.has(name) || imports.has(name))
    const lines = names.map((name) => imports.get(name) ?? declarationOf(name, names))
    return programOf(example, returns(source), lines)
  })
}

/** The line that imports a name, from the first subpath that exports it. */
function importsOf(subpaths) {
  const lines = subpaths.flatMap(({ name: subpath, exports }) =>
    exports.map(({ name, symbol, typeOnly }) => {
      const isValue = !typeOnly && (symbol.flags & ts.SymbolFlags.Value) !== 0
      return [name, `import ${isValue ? '' : 'type '}{ ${name} } from '${subpath}'`]
    }),
  )
  return new Map(lines.reverse())
}

function globalNames(checker) {
  const { Value, Type, Namespace } = ts.SymbolFlags
  return new Set(checker.getSymbolsInScope(sourceOf(''), Value | Type | Namespace).map(({ name }) => name))
}

function sourceOf(code) {
  return ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)
}

/** Whether code returns to a function that isn't in it. */
function returns(node) {
  if (ts.isReturnStatement(node)) return true
  return !ts.isFunctionLike(node) && (ts.forEachChild(node, returns) ?? false)
}

/** What an example needs stands behind it, so that its lines keep their numbers. */
function programOf({ path, line, code }, isWithinFunction, lines) {
  const needed = lines.map((each) => `${each}\n`).join('')
  if (!isWithinFunction) return { path, line, code: `${code}${needed}` }
  return { path, line: line - 1, code: `async function example() {\n${code}}\n${needed}` }
}
