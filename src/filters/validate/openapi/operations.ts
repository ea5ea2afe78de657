import type { Exchange } from '../../../exchange.js'
import { isObject } from '../plain-object.js'
import type { Compilers } from './compilers.js'
import { documentError, membersOf, step } from './document.js'
import { type CompiledOperation, compileOperation, type OperationOptions } from './operation.js'
import { type Found, PathTree } from './path-tree.js'
import { basesOf, trimSlashes } from './servers.js'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

type ByMethod = Map<string, CompiledOperation>

/** What was found for a request: its operation, or the methods that its path has, or nothing. */
export type Sought =
  | { readonly operation: CompiledOperation; readonly captures: Found<unknown>['captures'] }
  | { readonly allow: string }
  | null

/** Compiles all operations of a document, each at every base that its servers have. */
export function compileOperations(
  compilers: Compilers,
  basePath: string | undefined,
  options: OperationOptions,
): (exchange: Exchange) => Sought {
  const { document } = compilers
  const tree = new PathTree<ByMethod>()
  for (const [template] of membersOf(document.root, 'paths')) {
    if (template.startsWith('x-')) continue
    if (!template.startsWith('/')) throw documentError(`path ${template}`, 'a path without a slash in front')
    const item = document.at(step('/paths', template))
    for (const method of METHODS) {
      if (item.node[method] === undefined) continue
      const operation = document.at(step(item.pointer, method)).node
      const servers = [operation['servers'], item.node['servers'], document.root['servers']].find(Array.isArray)
      const compiled = compileOperation(item, method, template, compilers, options)
      const bases = basePath === undefined ? basesOf((servers ?? []).filter(isObject)) : [trimSlashes(basePath)]
      for (const base of bases) tree.ensure(base + template, () => new Map()).set(method.toUpperCase(), compiled)
    }
  }
  return ({ target, method }) => {
    const found = tree.find(target.path)
    if (found === null) return null
    const { value, captures } = found
    const operation = value.get(method) ?? (method === 'HEAD' ? value.get('GET') : undefined)
    return operation === undefined ? { allow: allowOf(value) } : { operation, captures }
  }
}

function allowOf(methods: ByMethod): string {
  const names = new Set(methods.keys())
  if (names.has('GET')) names.add('HEAD')
  return [...names].sort().join(', ')
}
