import type { Exchange } from '../../exchange.js'
import { consumerOf } from '../../filters/auth/consumer.js'
import { principalOf } from '../../filters/auth/principal.js'
import { requestIdOf } from '../../filters/traffic/request-id.js'
import { fieldValue } from '../../http/header-map.js'
import type { Outcome } from '../../outcome.js'
import type { TunnelSummary } from '../../tunnels.js'
import type { Redactor } from '../redact.js'
import { traceIdOf } from '../tracing/trace.js'
import { cacheOf, type Denied, denialOf, lastAttempt, limitsOf } from './notes.js'
import { terminationState } from './termination-state.js'
import { type Timers, tenths, timersOf } from './timers.js'

/** What the log says of one exchange. What is not known, or never was, is not there. */
export interface AccessRecord {
  /** Pattern of the route. */
  readonly route?: string | undefined
  readonly method?: string | undefined
  /** Canonical path, mount point and all. */
  readonly path?: string | undefined
  /** Without its `?`; values of parameters that are named like secrets are replaced. */
  readonly query?: string | undefined
  readonly host?: string | undefined
  /** `HTTP/1.1`; `tcp` for a connection of the layer 4 balancer. */
  readonly protocol: string
  /** As sent; where none was, that of the failure: 499 for a client that left. */
  readonly status?: number | undefined
  readonly client: { readonly address: string }
  readonly userAgent?: string | undefined
  readonly referer?: string | undefined
  /** Id of who asked, never the credential. */
  readonly principal?: string | undefined
  /** Id of whose application it was. */
  readonly consumer?: string | undefined
  /** Given by `requestId()`. */
  readonly requestId?: string | undefined
  /** Of the trace that it is part of, as `tracing()` started or continued it. */
  readonly traceId?: string | undefined
  /** Pool and endpoint of the last attempt. */
  readonly pool?: string | undefined
  readonly endpoint?: string | undefined
  /** How many endpoints were asked. */
  readonly attempts?: number | undefined
  /** Each of them, where there were several, or one that failed. */
  readonly tries?: readonly Try[] | undefined
  /** What a cache did: `hit`, `stale`, `revalidated`, `miss`, `bypass`. */
  readonly cache?: string | undefined
  /** Whether it was answered with what another's request had asked for. */
  readonly collapsed?: true | undefined
  /** Names of the limits that were reached. */
  readonly limits?: readonly string[] | undefined
  /** Which filter denied it, and why. */
  readonly denied?: Denied | undefined
  readonly times: Timers
  /** HAProxy's two letters: who ended it, and when. */
  readonly termination: string
  /** Bytes of bodies, from the client and to it. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** Code of the failure, as in docs/errors.md. */
  readonly error?: string | undefined
  /** Of a WebSocket. */
  readonly tunnel?:
    | {
        readonly closeCode: number | null
        readonly closedBy: string
        readonly frames: { readonly in: number; readonly out: number }
        readonly messages: { readonly in: number; readonly out: number }
      }
    | undefined
  /** Fields that `logHeaders` asks for. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The share that is logged, where chance decided: the record stands for `1 / sample` exchanges. */
  readonly sample?: number | undefined
}

/** One attempt. */
export interface Try {
  readonly endpoint: string
  readonly status?: number
  readonly error?: string
  /** How long it took. */
  readonly ms: number
}

/** By version; that of a connection of the layer 4 balancer is empty. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  '': 'tcp',
  '1.0': 'HTTP/1.0',
  '1.1': 'HTTP/1.1',
  '2.0': 'HTTP/2.0',
}

/** More attempts than any record lists. */
const MAX_TRIES = 10

export interface RecordRules {
  /** What is done to texts that a client sends. */
  clean(text: string): string
  readonly redactor: Redactor
  /** Lower-case names of fields to log. */
  readonly headers: readonly string[]
}

/**
 * Puts a record together: with every field, known or not, as records of one shape that are made at once cost a third of those that get their
 * fields one by one.
 */
export function makeRecord(exchange: Exchange, outcome: Outcome, rules: RecordRules, sample: number): AccessRecord {
  const { clean, redactor } = rules
  const { client, headers, httpVersion, route, target } = exchange
  const { attempts, error, tunnel, bytes } = outcome
  const asks = httpVersion !== ''
  const referer = fieldValue(headers, 'referer')
  const denied = denialOf(exchange)
  const went = lastAttempt(exchange, attempts)
  const cached = cacheOf(exchange)
  const record: AccessRecord = {
    route: given(route, clean),
    method: asks ? exchange.method : undefined,
    path: asks ? clean(pathOf(exchange)) : undefined,
    query: asks && target.query.length > 1 ? clean(redactor.query(target.query.slice(1))) : undefined,
    host: given(client.host, clean),
    protocol: PROTOCOLS[httpVersion] ?? `HTTP/${httpVersion}`,
    status: shownStatus(outcome) ?? undefined,
    client: { address: clean(client.address) },
    userAgent: given(fieldValue(headers, 'user-agent'), clean),
    referer: referer === undefined ? undefined : clean(redactor.url(referer)),
    principal: given(principalOf(exchange)?.id, clean),
    consumer: given(consumerOf(exchange)?.id, clean),
    requestId: given(requestIdOf(exchange), clean),
    traceId: traceIdOf(exchange),
    pool: given(went?.pool, clean),
    endpoint: given(went?.endpoint, clean),
    attempts: went === undefined ? undefined : Math.max(attempts.length, went.number),
    tries: attempts.length > 1 || attempts[0]?.error ? triesOf(outcome, clean) : undefined,
    cache: cached?.result,
    collapsed: cached?.collapsed === true ? true : undefined,
    limits: limitsOf(exchange),
    denied: denied === undefined ? undefined : { filter: denied.filter, why: clean(denied.why) },
    times: timersOf(outcome),
    termination: terminationState(outcome, { denied: denied !== undefined, asked: went !== undefined }),
    bytes,
    error: error?.code,
    tunnel: tunnel === null ? undefined : tunnelOf(tunnel),
    headers: rules.headers.length === 0 ? undefined : headersOf(exchange, rules),
  }
  return sample < 1 ? { ...record, sample } : record
}

function given(text: string | null | undefined, clean: RecordRules['clean']): string | undefined {
  return text === null || text === undefined ? undefined : clean(text)
}

/** The status that went out; where none did, that of what went wrong. */
export function shownStatus({ status, error, termination }: Outcome): number | null {
  if (status !== null) return status
  if (error !== null) return error.status
  return termination.who === null && termination.phase === 'request' ? 499 : null
}

/** The path as the client's browser shows it. */
function pathOf({ base, target }: Exchange): string {
  return base === '/' ? target.path : target.path === '/' ? base : base + target.path
}

function tunnelOf({ closeCode, closedBy, frames, messages }: TunnelSummary): AccessRecord['tunnel'] {
  return { closeCode, closedBy, frames, messages }
}

/** Each lasts until the next begins, the pause before that included. */
function triesOf({ attempts, times: { lastByte } }: Outcome, clean: RecordRules['clean']): Try[] {
  return attempts.slice(0, MAX_TRIES).map(({ endpoint, status, error, times }, at) => {
    const made: { -readonly [K in keyof Try]: Try[K] } = {
      endpoint: clean(endpoint),
      ms: tenths((attempts[at + 1]?.times.startedAt ?? lastByte) - times.startedAt),
    }
    if (status !== null) made.status = status
    if (error !== null) made.error = error.code
    return made
  })
}

function headersOf({ headers }: Exchange, { clean, redactor, headers: names }: RecordRules): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const name of names) {
    const value = fieldValue(headers, name)
    if (value !== undefined)
      shown[name] = redactor.isSecretField(name) ? redactor.replacement : clean(redactor.url(value))
  }
  return shown
}
