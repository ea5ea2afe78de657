import type { FilterConfigs } from './filter-configs.js'

/** A filter by its name alone, a filter with its options, a plugin, or one of the `filterLists`. */
export type FilterConfig = string | FilterUse

/** A filter as data: one of the library's under its name, `{ use, options }`, or `{ list }`. */
export interface FilterUse extends FilterConfigs {
  /** The name of a filter of the library, or of one of the `plugins` that code gives. */
  readonly use?: string | undefined
  /** What that filter takes. @default {} */
  readonly options?: unknown
  /** All filters of one of the `filterLists`, in its order. They are the same filters wherever the list stands. */
  readonly list?: string | undefined
}

/** One of the authenticators: what a filter is written as. */
export type AuthenticatorConfig = FilterConfig
