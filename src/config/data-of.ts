import type { KeyObject } from 'node:crypto'
import type { EventHub } from '../events.js'
import type { ReplayStore } from '../filters/auth/signatures/replay-store.js'
import type { CacheStore } from '../filters/cache/store.js'
import type { IdempotencyStore } from '../filters/traffic/idempotency/store.js'
import type { JsonExpression } from '../filters/transform/json/json-rules.js'
import type { AddressList } from '../http/address-list.js'
import type { ExpressRateLimitStore } from '../limiting/express-rate-limit-store.js'
import type { LimitStore } from '../limiting/store.js'
import type { OpenTelemetryApi, Tracer } from '../observing/tracing/otel/api.js'
import type { Clock } from '../upstream/clock.js'
import type { Pool } from '../upstream/pool.js'

/** A regular expression, as data. */
export interface RegexConfig {
  /** What stands between the slashes of a regular expression of JavaScript's. */
  readonly regex: string
  /** Of `i`, `m`, `s` and `u`. @default none */
  readonly flags?: string | undefined
}

/** What is code, or a running thing, and has no place in a document. */
type CodeOnly =
  | ((...args: never) => unknown)
  | AddressList
  | CacheStore
  | Clock
  | EventHub
  | ExpressRateLimitStore
  | IdempotencyStore
  | JsonExpression
  | KeyObject
  | LimitStore
  | OpenTelemetryApi
  | Pool
  | ReplayStore
  | Tracer
  | Uint8Array
  | URL

/**
 * The part of a factory's options that can be data: functions, stores, clocks and the like are left out, a regular expression is a
 * {@link RegexConfig}, and a date a text.
 */
export type DataOf<T> = T extends RegExp
  ? RegexConfig
  : T extends Date
    ? string
    : T extends CodeOnly
      ? never
      : T extends readonly (infer Each)[]
        ? readonly DataOf<Each>[]
        : T extends object
          ? { readonly [K in keyof T as [NonNullable<DataOf<T[K]>>] extends [never] ? never : K]: DataOf<T[K]> }
          : T
