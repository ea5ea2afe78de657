import type {
  DocumentNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
  ValueNode,
} from 'graphql'
import { nullObject } from '../../../null-object.js'
import type { AskedField, CostOf } from './cost.js'

/** How much an operation asks for, each fragment counted as often as it is spread. */
export interface Measures {
  /** Fields within each other. */
  readonly depth: number
  readonly fields: number
  readonly aliases: number
  readonly directives: number
  readonly cost: number
  readonly introspects: boolean
}

/** What is measured with. */
export interface Gauge {
  readonly costOf: CostOf
  /** Of the variables that the client gave. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly valueOf: (node: ValueNode, variables: Readonly<Record<string, unknown>>) => unknown
}

/** Fragments within fragments, which no parser's recursion bounds. */
const DEEPEST = 500

const NOTHING: Measures = { depth: 0, fields: 0, aliases: 0, directives: 0, cost: 0, introspects: false }

/**
 * Measures an operation. A fragment is measured once and then only added, so that fragments which spread each other many times cost no
 * more time than it takes to read them.
 *
 * @returns What is wrong, as words: a fragment that is in itself, or that is not there.
 */
export function measure(document: DocumentNode, operation: OperationDefinitionNode, gauge: Gauge): Measures | string {
  return new Measuring(document, operation, gauge).run()
}

class Measuring {
  readonly #operation: OperationDefinitionNode
  readonly #gauge: Gauge
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  /** `null` while it is being measured. */
  readonly #known = new Map<string, Measures | null>()
  readonly #variables: Record<string, unknown> = nullObject()
  #wrong: string | null = null
  #nested = 0

  constructor(document: DocumentNode, operation: OperationDefinitionNode, gauge: Gauge) {
    this.#operation = operation
    this.#gauge = gauge
    for (const each of document.definitions) {
      if (each.kind !== 'FragmentDefinition') continue
      if (this.#fragments.has(each.name.value)) this.#wrong = 'a fragment that is there twice'
      this.#fragments.set(each.name.value, each)
    }
    for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
      const name = variable.name.value
      if (Object.hasOwn(gauge.variables, name)) this.#variables[name] = gauge.variables[name]
      else if (defaultValue !== undefined) this.#variables[name] = gauge.valueOf(defaultValue, {})
    }
  }

  run(): Measures | string {
    const { selectionSet, directives = [], variableDefinitions = [] } = this.#operation
    const onVariables = variableDefinitions.reduce((sum, each) => sum + (each.directives?.length ?? 0), 0)
    const found = plus(this.#selection(selectionSet), { ...NOTHING, directives: directives.length + onVariables })
    return this.#wrong ?? found
  }

  #selection({ selections }: SelectionSetNode): Measures {
    let sum = NOTHING
    for (const selection of selections) {
      const own = { ...NOTHING, directives: selection.directives?.length ?? 0 }
      if (selection.kind === 'Field') {
        const below = selection.selectionSet === undefined ? NOTHING : this.#selection(selection.selectionSet)
        const name = selection.name.value
        sum = plus(sum, {
          depth: below.depth + 1,
          fields: below.fields + 1,
          aliases: below.aliases + (selection.alias === undefined ? 0 : 1),
          directives: below.directives + own.directives,
          cost: this.#gauge.costOf(selection, below.cost, () => this.#argumentsOf(selection.arguments)),
          introspects: below.introspects || name === '__schema' || name === '__type',
        })
      } else {
        const inner =
          selection.kind === 'InlineFragment'
            ? this.#selection(selection.selectionSet)
            : this.#fragment(selection.name.value)
        sum = plus(plus(sum, inner), own)
      }
    }
    return sum
  }

  #fragment(name: string): Measures {
    const known = this.#known.get(name)
    const fragment = this.#fragments.get(name)
    if (known === null) this.#wrong = 'a fragment that is in itself'
    else if (fragment === undefined) this.#wrong = 'a fragment that is not there'
    else if (this.#nested === DEEPEST) this.#wrong = `more than ${DEEPEST} fragments within each other`
    else if (known === undefined) {
      this.#nested++
      this.#known.set(name, null)
      const found = plus(this.#selection(fragment.selectionSet), {
        ...NOTHING,
        directives: fragment.directives?.length ?? 0,
      })
      this.#known.set(name, found)
      this.#nested--
      return found
    }
    return known ?? NOTHING
  }

  #argumentsOf(
    nodes: readonly { readonly name: { readonly value: string }; readonly value: ValueNode }[] = [],
  ): AskedField['arguments'] {
    const values: Record<string, unknown> = nullObject()
    for (const { name, value } of nodes) values[name.value] = this.#gauge.valueOf(value, this.#variables)
    return values
  }
}

function plus(a: Measures, b: Measures): Measures {
  return {
    depth: Math.max(a.depth, b.depth),
    fields: a.fields + b.fields,
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    cost: a.cost + b.cost,
    introspects: a.introspects || b.introspects,
  }
}

/** What two operations of one batch come to. */
export const together: (a: Measures, b: Measures) => Measures = plus
