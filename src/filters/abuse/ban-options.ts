import type { AddressList } from '../../http/address-list.js'
import { check, checkOptions, type Milliseconds } from '../../options.js'
import type { Clock } from '../../upstream/clock.js'
import { isList } from '../access/ip-rules.js'
import type { DenialOptions } from '../denial.js'
import type { BanRule } from './ban-rule.js'
import { type ClientKeyOptions, clientKeyChecks } from './client-key.js'

export interface BanOptions extends DenialOptions, ClientKeyOptions {
  /** What brings a ban. @default nothing but {@link Ban.ban} */
  readonly rules?: readonly BanRule[] | undefined
  /**
   * What becomes of those who are banned: `deny` answers at once, `tarpit` holds them for `tarpitMs` and answers then, `drop` closes the
   * connection without an answer (of HTTP/2, resets the stream). @default 'deny'
   */
  readonly action?: 'deny' | 'tarpit' | 'drop' | undefined
  /** Of the answer. @default 403 */
  readonly status?: number | undefined
  /** How long `tarpit` holds a request before its answer. @default 10_000 */
  readonly tarpitMs?: Milliseconds | undefined
  /** Most requests held at a time, a tenth of them for one client; those beyond are answered at once. @default 1_000 */
  readonly maxTarpitted?: number | undefined
  /** Addresses that are neither counted nor denied, entries as in {@link addressList}. @default none */
  readonly exempt?: readonly string[] | AddressList | undefined
  /** Longest that a ban grows to. @default 86_400_000 */
  readonly maxBanMs?: Milliseconds | undefined
  /** Most bans kept, those included that are over and remembered; the oldest gives way. @default 50_000 */
  readonly maxBans?: number | undefined
  /** Most clients that a rule counts by name: see {@link ban}. @default 10_000 */
  readonly maxTracked?: number | undefined
  /** The clock, in milliseconds since 1970, best one that never jumps. @default performance.timeOrigin + performance.now() */
  readonly now?: (() => number) | undefined
  /** Timers of the tarpit. @default real time */
  readonly clock?: Clock | undefined
}

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function checkBanOptions(options: BanOptions): void {
  checkOptions('ban', options, {
    ...clientKeyChecks,
    rules: check.array,
    action: check.oneOf('deny', 'tarpit', 'drop'),
    status: check.whole(400, 599),
    tarpitMs: check.duration,
    maxTarpitted: check.whole(1, 1_000_000),
    exempt: check.either(check.strings, isList),
    maxBanMs: check.duration,
    maxBans: check.whole(1, 10_000_000),
    maxTracked: check.whole(1, 10_000_000),
    now: check.function,
    clock: check.object,
    events: check.object,
  })
}
