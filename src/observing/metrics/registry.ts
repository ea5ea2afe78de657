import { type Check, optionError } from '../../options.js'
import { Family, type FamilyOptions } from './family.js'

/** So much of a `Registry` of prom-client's, whose types nobody needs to have. */
export interface MetricsRegistry {
  readonly contentType: string
  metrics(): Promise<string>
  registerMetric(metric: object): void
  getSingleMetric(name: string): object | undefined
  removeSingleMetric(name: string): void
}

export const registryCheck: Check = (value) =>
  typeof (value as MetricsRegistry)?.registerMetric === 'function' &&
  typeof (value as MetricsRegistry).metrics === 'function'
    ? undefined
    : 'a Registry of prom-client'

/**
 * Puts metrics into a registry, all or none.
 *
 * @returns what takes them out again.
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` for a name that is taken.
 */
export function enter(register: MetricsRegistry, prefix: string, families: readonly FamilyOptions[]): () => void {
  const made = families.map((each) => new Family(prefix, each))
  const taken = made.find(({ fullName }) => register.getSingleMetric(fullName) !== undefined)
  if (taken !== undefined) {
    const allowed = `one that no other metrics() of this registry has: "${taken.fullName}" is there`
    throw optionError('metrics', 'prefix', prefix, allowed)
  }
  // A registry asks its metrics for no more than a Family has.
  for (const family of made) register.registerMetric(family)
  return () => {
    for (const family of made) {
      // The application may have cleared it, and put others in.
      const there: unknown = register.getSingleMetric(family.fullName)
      if (there === family) register.removeSingleMetric(family.fullName)
    }
  }
}
