import { AUTH_PLUGINS } from './auth-plugins.js'
import type { KongConsumers } from './consumers.js'
import { GUARD_PLUGINS } from './guard-plugins.js'
import type { Imported, PluginImport } from './plugin.js'
import { Section } from './section.js'
import { SHAPE_PLUGINS } from './shape-plugins.js'

const PLUGINS: Readonly<Record<string, PluginImport>> = { ...AUTH_PLUGINS, ...GUARD_PLUGINS, ...SHAPE_PLUGINS }

/** Plugins that only watch: what takes their place is code. */
const WATCHERS: Readonly<Record<string, string>> = {
  prometheus: 'metrics()',
  'http-log': 'accessLog()',
  'file-log': 'accessLog()',
  'tcp-log': 'accessLog()',
  'udp-log': 'accessLog()',
  syslog: 'accessLog()',
  loggly: 'accessLog()',
  datadog: 'metrics()',
  statsd: 'metrics()',
  opentelemetry: 'tracing()',
  zipkin: 'tracing()',
}

/** A plugin, and what it becomes: `null` for what cannot be said here. */
export interface PlacedPlugin {
  readonly name: string
  readonly priority: number
  readonly imported: Imported | null
}

/**
 * Of each plugin the one that stands nearest, in the order in which Kong runs them.
 *
 * @param plugins The nearest first: those of the route, of its service, of everybody.
 */
export function nearestPlugins(plugins: readonly Section[], consumers: KongConsumers): readonly PlacedPlugin[] {
  const nearest = new Map<string, PlacedPlugin>()
  for (const plugin of plugins) {
    const name = plugin.any('name') as string
    if (nearest.has(name) || plugin.flag('enabled') === false || plugin.any('consumer') !== undefined) continue
    const placed = place(name, plugin, consumers)
    if (placed !== undefined) nearest.set(name, placed)
  }
  return [...nearest.values()].sort((a, b) => b.priority - a.priority)
}

function place(name: string, plugin: Section, consumers: KongConsumers): PlacedPlugin | undefined {
  if (Object.hasOwn(WATCHERS, name)) {
    plugin.note('left-out', `plugin "${name}": use ${WATCHERS[name]}`)
    return undefined
  }
  const known = Object.hasOwn(PLUGINS, name) ? PLUGINS[name] : undefined
  if (known === undefined) {
    plugin.note('unsafe', `plugin "${name}" has no counterpart`)
    return { name, priority: 0, imported: null }
  }
  const config = plugin.section('config') ?? new Section({}, `${plugin.at}.config`, plugin.notes)
  const imported = config.strictly(() => known.read(config, consumers), known.guard ? 'unsafe' : 'left-out')
  return { name, priority: known.priority, imported }
}
