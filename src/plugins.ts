import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Filter } from './filter.js'
import { loadPackage } from './load-package.js'
import { check, checkOptions, optionError } from './options.js'

/** A filter that others wrote, with a name by which configuration asks for it. */
export interface Plugin<Options = unknown> {
  /** As configuration names it: `rateLimit`, `@acme/geo`. */
  readonly name: string
  /** JSON Schema (2020-12) of its options, checked before `create` sees them. @default none: `create` checks them itself */
  readonly schema?: object | undefined
  /** Makes the filter. Its own `start` and `close` are its life cycle. */
  create(options: Options): Filter
}

/** A filter as data. */
export interface PluginUse {
  /** Name of the plugin. */
  readonly use: string
  /** What its `create` takes. @default {} */
  readonly options?: unknown
}

/** What makes filters of data. */
export interface Plugins {
  /** Of the plugins, as entries use them. */
  readonly names: readonly string[]
  /** A filter of one entry; a filter that is one already comes back as it is. @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
  filter(entry: PluginUse | Filter): Filter
  /** Filters of a list. @throws {@link EdgeError} `ERR_EDGE_OPTION` naming the place in the list. */
  filters(entries: readonly (PluginUse | Filter)[]): Filter[]
}

const NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[A-Za-z][A-Za-z0-9._-]*$/

/**
 * Says what a filter is called in configuration, and what options it takes. The type of the options is that of `create`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * export const tenant = definePlugin({
 *   name: 'tenant',
 *   schema: { type: 'object', properties: { header: { type: 'string' } }, required: ['header'], additionalProperties: false },
 *   create: ({ header }: { header: string }) => requestHeaders({ set: { [header]: '{params.tenant}' } }),
 * })
 * ```
 */
export function definePlugin<Options>(plugin: Plugin<Options>): Plugin<Options> {
  checkOptions('definePlugin', plugin, {
    name: (value) =>
      typeof value === 'string' && NAME.test(value) ? undefined : 'a name, as "tenant" or "@acme/tenant"',
    schema: check.object,
    create: check.function,
  })
  if (plugin.name === undefined) throw optionError('definePlugin', 'name', undefined, 'a name')
  if (plugin.create === undefined) throw optionError('definePlugin', 'create', undefined, 'a function')
  return Object.freeze({ ...plugin })
}

/**
 * Puts plugins together, so that filters can be written as data: `{ use: 'tenant', options: { header: 'x-tenant' } }`. A factory of this package is a plugin,
 * too: `definePlugin({ name: 'cors', create: cors })`.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for two of one name, or a schema that is none.
 * @example
 * ```ts
 * const plugins = createPlugins([tenant, definePlugin({ name: 'cors', create: cors })])
 * const gateway = createGateway({ filters: plugins.filters(JSON.parse(text).filters), routes })
 * ```
 */
export function createPlugins(list: readonly Plugin<never>[]): Plugins {
  const known = new Map<string, Plugin<never>>()
  const checks = new Map<string, ValidateFunction>()
  for (const plugin of list) {
    const { name, schema } = definePlugin(plugin)
    if (known.has(name)) throw optionError('createPlugins', 'plugins', name, 'each name once')
    known.set(name, plugin)
    if (schema !== undefined) checks.set(name, compile(name, schema))
  }
  const filter = (entry: PluginUse | Filter, factory: string): Filter => {
    if (typeof entry === 'function') return entry
    checkOptions(factory, entry, { use: check.string, options: check.anything })
    const { use, options = {} } = entry
    const plugin = known.get(use)
    if (plugin === undefined)
      throw optionError(factory, 'use', use, [...known.keys()].join(', ') || 'no plugin is known')
    const validate = checks.get(use)
    if (validate !== undefined && !validate(options))
      throw refusal(`${factory}, plugin "${use}"`, validate.errors ?? [])
    const made: unknown = plugin.create(options as never)
    if (typeof made !== 'function')
      throw optionError(`${factory}, plugin "${use}"`, 'create', made, 'what returns a filter')
    return made as Filter
  }
  return {
    names: [...known.keys()],
    filter: (entry) => filter(entry, 'plugins'),
    filters: (entries) => {
      if (!Array.isArray(entries)) throw optionError('plugins', 'filters', entries, 'an array')
      return entries.map((entry, at) => filter(entry, `filters.${at}`))
    },
  }
}

function compile(name: string, schema: object): ValidateFunction {
  const { Ajv2020 } = loadPackage<typeof import('ajv/dist/2020.js')>('ajv/dist/2020.js', 'createPlugins')
  try {
    return new Ajv2020({ strict: false, verbose: true }).compile(schema)
  } catch (error) {
    throw optionError('createPlugins', `${name}.schema`, (error as Error).message, 'a JSON Schema (2020-12)')
  }
}

function refusal(factory: string, [first]: readonly ErrorObject[]): Error {
  const { instancePath = '', message = 'what its schema allows', params = {}, data } = first ?? {}
  const extra = 'additionalProperty' in params ? `: "${params['additionalProperty']}"` : ''
  return optionError(factory, `options${instancePath.replaceAll('/', '.')}`, data, `${message}${extra}`)
}
