import type { Filter } from '../filter.js'
import { didYouMean, optionError } from '../options.js'
import { createPlugins, type Plugin } from '../plugins.js'
import type { Path } from './document/path.js'
import { FILTERS } from './parts/filters.js'
import { isData, type Parts } from './parts/parts.js'

/** A filter of a document, by its name. */
export interface NamedFilter {
  readonly name: string
  readonly config: unknown
  /** Where its options stand. */
  readonly path: Path
}

/** Makes filters by their names: those of the library, and plugins. */
export class FilterMaker {
  readonly #plugins: ReturnType<typeof createPlugins>
  readonly #schemas: ReadonlyMap<string, object>
  readonly #names: readonly string[]

  /** @throws {@link EdgeError} `ERR_EDGE_OPTION` for a plugin that is none, or has the name of a filter of the library. */
  constructor(plugins: readonly Plugin<never>[]) {
    this.#plugins = createPlugins(plugins)
    for (const { name } of plugins)
      if (Object.hasOwn(FILTERS, name))
        throw optionError('plugins', 'name', name, 'a name that no filter of the library has')
    this.#schemas = new Map(
      plugins.flatMap(({ name, schema }) => (schema === undefined ? [] : [[name, schema] as const])),
    )
    this.#names = [...Object.keys(FILTERS), ...this.#plugins.names]
  }

  /** The schema of a plugin's options. */
  schemaOf(plugin: string): object | undefined {
    return this.#schemas.get(plugin)
  }

  /**
   * Reads which filter an entry is: a name, `{ use, options }`, or `{ NAME: options }`.
   *
   * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
   */
  read(entry: unknown, path: Path): NamedFilter {
    if (typeof entry === 'string') return this.#known({ name: entry, config: undefined, path })
    const keys = isData(entry) ? Object.keys(entry) : []
    if (isData(entry) && keys.includes('use')) {
      const { use, options, ...others } = entry
      const [other] = Object.keys(others)
      if (other !== undefined) throw optionError('filter', other, others[other], 'use and options')
      return this.#known({
        name: String(use),
        config: options,
        path: [...path, options === undefined ? 'use' : 'options'],
      })
    }
    const [name, ...others] = keys
    if (name === undefined || others.length > 0)
      throw optionError(
        'filter',
        others[0] ?? 'filters',
        entry,
        'one filter an item: its name, { NAME: options }, or { use, options }',
      )
    return this.#known({ name, config: (entry as Record<string, unknown>)[name], path: [...path, name] })
  }

  /** @throws {@link EdgeError} what the factory throws. */
  make({ name, config, path }: NamedFilter, parts: Parts): Filter {
    const make = Object.hasOwn(FILTERS, name) ? FILTERS[name as keyof typeof FILTERS] : undefined
    return make === undefined ? this.#plugins.filter({ use: name, options: config ?? {} }) : make(config, parts, path)
  }

  #known(filter: NamedFilter): NamedFilter {
    if (this.#names.includes(filter.name)) return filter
    throw optionError(
      'filter',
      filter.name,
      filter.name,
      `the name of a filter or a plugin.${didYouMean(filter.name, this.#names)}`,
    )
  }
}
