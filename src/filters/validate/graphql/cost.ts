import { type Check, check, optionError } from '../../../options.js'

/** What a field costs. */
export interface FieldCost {
  /** Of the field itself. @default 1 */
  readonly cost?: number | undefined
  /** Arguments that say how often what is below it comes: a number, or a list's length; of several the largest. @default none */
  readonly times?: readonly string[] | undefined
  /** How often it comes where none of `times` is given. @default 1 */
  readonly assumed?: number | undefined
}

/** What fields cost, by their names: without a schema, a field is known by nothing else. */
export interface CostTable {
  /** Of a field that is not named. @default 1 */
  readonly default?: number | undefined
  /** By name: what it costs, or how that depends on its arguments. @default none */
  readonly fields?: Readonly<Record<string, number | FieldCost>> | undefined
}

/** A field, for a cost function of one's own. */
export interface AskedField {
  readonly name: string
  /** Values of the arguments, variables filled in. */
  readonly arguments: Readonly<Record<string, unknown>>
  /** What is below it costs this. */
  readonly below: number
}

/** What a field costs, with all that is below it. */
export type CostFunction = (field: AskedField) => number

/** So much of a node of `graphql`'s, whose types nobody needs to have. */
interface NamedField {
  readonly name: { readonly value: string }
}

/** The same, of a node; arguments are read only if they count. */
export type CostOf = (field: NamedField, below: number, argumentsOf: () => AskedField['arguments']) => number

const isCost: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1e9 ? undefined : 'a number from 0 to 1,000,000,000'

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileCost(factory: string, cost: CostTable | CostFunction): CostOf {
  if (typeof cost === 'function') {
    return ({ name }, below, argumentsOf) => {
      const given = cost({ name: name.value, arguments: argumentsOf(), below })
      return given >= 0 ? given : Number.POSITIVE_INFINITY
    }
  }
  const { default: rest = 1, fields = {} } = cost
  must(factory, 'cost.default', rest, isCost)
  const known = new Map(
    Object.entries(fields).map(([name, given]) => [name, compileField(factory, `cost.fields.${name}`, given)] as const),
  )
  return (field, below, argumentsOf) => {
    const found = known.get(field.name.value)
    if (found === undefined) return rest + below
    return found.cost + below * (found.times.length === 0 ? found.assumed : timesOf(found, argumentsOf()))
  }
}

type Compiled = { readonly [K in keyof FieldCost]-?: NonNullable<FieldCost[K]> }

function compileField(factory: string, option: string, given: number | FieldCost): Compiled {
  const { cost = 1, times = [], assumed = 1 } = typeof given === 'number' ? { cost: given } : given
  must(factory, option, cost, isCost)
  must(factory, `${option}.times`, times, check.strings)
  must(factory, `${option}.assumed`, assumed, isCost)
  return { cost, times, assumed }
}

/** A server may make of nothing, zero or a negative number what it likes: none of them makes a query cheaper. */
function timesOf({ times, assumed }: Compiled, given: AskedField['arguments']): number {
  const numbers = times.map((name) => (Object.hasOwn(given, name) ? asNumber(given[name]) : 0))
  const most = Math.max(...numbers)
  return Math.max(1, most > 0 ? most : assumed)
}

function asNumber(value: unknown): number {
  if (Array.isArray(value)) return value.length
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0
  return Number.isNaN(number) ? 0 : number
}

function must(factory: string, option: string, value: unknown, allowed: Check): void {
  const words = allowed(value)
  if (words !== undefined) throw optionError(factory, option, value, words)
}
