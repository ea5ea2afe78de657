import { type Check, check } from '../options.js'
import type { HashKey } from './hash-key.js'

/** What hash strategies have in common. */
export interface HashOptions {
  /** What of a request decides where it goes. */
  readonly key: HashKey
  /** Used where a request does not have the key. Without one, and where that is missing too, requests take turns. @default none */
  readonly fallbackKey?: HashKey | undefined
  /**
   * Most that an endpoint may have in flight, in percent of the mean for its weight; keys that are over it walk on, so that one hot
   * key cannot drown its endpoint (H-111). HAProxy's `hash-balance-factor`: 0 for no bound, else above 100; 125 to 200 are sensible.
   *
   * @default 0
   */
  readonly balanceFactor?: number | undefined
}

/** Their part of the option table; keys are checked as they are compiled. */
export const hashChecks: Readonly<Record<keyof HashOptions, Check>> = {
  key: check.anything,
  fallbackKey: check.anything,
  balanceFactor: (value) =>
    value === 0 || check.whole(101, 65_535)(value) === undefined
      ? undefined
      : '0 (off) or whole percent from 101 to 65535',
}
