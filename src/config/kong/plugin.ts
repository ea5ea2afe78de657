import type { FilterConfig } from '../filter-config.js'
import type { HandlerChoice } from '../handler-config.js'
import type { KongConsumers } from './consumers.js'
import type { Section } from './section.js'

/** What becomes of one plugin: filters, and perhaps the handler in place of the upstream. */
export interface Imported {
  readonly filters: readonly FilterConfig[]
  readonly handler?: HandlerChoice | undefined
}

/** How one of Kong's plugins is written here. */
export interface PluginImport {
  /** Kong's own PRIORITY: a plugin with a higher one runs first. */
  readonly priority: number
  /** Whether it keeps something out: what of it cannot be said here is unsafe to leave out. */
  readonly guard: boolean
  /** `null` for what cannot be said here at all; a note tells why. */
  read(config: Section, consumers: KongConsumers): Imported | null
}

/** A plugin that becomes one filter. */
export const oneFilter = (filter: FilterConfig): Imported => ({ filters: [filter] })

/** An object without what is `undefined`: the document is to be read by people, too. */
export function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
