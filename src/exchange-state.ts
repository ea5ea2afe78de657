import type { StateKey } from './exchange.js'

/**
 * Values that filters share, newest first. Linked: there are few of them, and what a Map allocates for each exchange costs more in garbage
 * collection than all look-ups do.
 */
export interface ExchangeState {
  readonly key: StateKey<unknown>
  value: unknown
  readonly next: ExchangeState | null
}

export function stateOf(state: ExchangeState | null, key: StateKey<unknown>): unknown {
  for (let at = state; at !== null; at = at.next) if (at.key === key) return at.value
  return undefined
}

/** Sets a value in place, or returns a longer list. */
export function setState(state: ExchangeState | null, key: StateKey<unknown>, value: unknown): ExchangeState {
  for (let at = state; at !== null; at = at.next) {
    if (at.key !== key) continue
    at.value = value
    return state!
  }
  return { key, value, next: state }
}

/** A list that shares nothing that changes. */
export function copyState(state: ExchangeState | null): ExchangeState | null {
  return state === null ? null : { key: state.key, value: state.value, next: copyState(state.next) }
}
