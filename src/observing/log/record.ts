import type { Exchange } from '../../exchange.js'
import { consumerOf } from '../../filters/auth/consumer.js'
import { principalOf } from '../../filters/auth/principal.js'
import { requestIdOf } from '../../filters/traffic/request-id.js'
import { fieldValue } from '../../http/header-map.js'
import type { Outcome } from '../../outcome.js'
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
  readonly ms: number
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

type Open = { -readonly [K in Exclude<keyof AccessRecord, 'sample'>]-?: AccessRecord[K] }

const NOBODY: AccessRecord['client'] = { address: '' }
const NO_TIME: AccessRecord['times'] = { total: 0 }
const NO_BYTES: AccessRecord['bytes'] = { in: 0, out: 0 }

/** Of all records: one shape, made at once, costs a third of fields that are added one by one. */
function blank(): Open {
  return {
    route: undefined,
    method: undefined,
    path: undefined,
    query: undefined,
    host: undefined,
    protocol: '',
    status: undefined,
    client: NOBODY,
    userAgent: undefined,
    referer: undefined,
    principal: undefined,
    consumer: undefined,
    requestId: undefined,
    traceId: undefined,
    pool: undefined,
    endpoint: undefined,
    attempts: undefined,
    tries: undefined,
    cache: undefined,
    collapsed: undefined,
    limits: undefined,
    denied: undefined,
    times: NO_TIME,
    termination: '',
    bytes: NO_BYTES,
    error: undefined,
    tunnel: undefined,
    headers: undefined,
  }
}

/** Puts a record together. */
export function makeRecord(exchange: Exchange, outcome: Outcome, rules: RecordRules, sample: number): AccessRecord {
  const { clean } = rules
  const { client, httpVersion, route } = exchange
  const { attempts, error, tunnel, bytes } = outcome
  const denied = denialOf(exchange)
  const went = lastAttempt(exchange, attempts)
  const status = shownStatus(outcome)
  const record = blank()
  if (route !== null) record.route = clean(route)
  if (httpVersion !== '') addRequest(record, exchange, rules)
  if (client.host !== null) record.host = clean(client.host)
  record.protocol = httpVersion === '' ? 'tcp' : `HTTP/${httpVersion}`
  if (status !== null) record.status = status
  record.client = { address: clean(client.address) }
  addWho(record, exchange, rules)
  if (went !== undefined) {
    record.pool = clean(went.pool)
    record.endpoint = clean(went.endpoint)
    record.attempts = Math.max(attempts.length, went.number)
  }
  if (attempts.length > 1 || attempts[0]?.error) record.tries = triesOf(outcome, clean)
  addFilters(record, exchange)
  if (denied !== undefined) record.denied = { filter: denied.filter, why: clean(denied.why) }
  record.times = timersOf(outcome)
  record.termination = terminationState(outcome, { denied: denied !== undefined, asked: went !== undefined })
  record.bytes = bytes
  if (error !== null) record.error = error.code
  if (tunnel !== null) {
    const { closeCode, closedBy, frames, messages } = tunnel
    record.tunnel = { closeCode, closedBy, frames, messages }
  }
  if (rules.headers.length > 0) record.headers = headersOf(exchange, rules)
  return sample < 1 ? { ...record, sample } : record
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

function addRequest(record: Open, exchange: Exchange, { clean, redactor }: RecordRules): void {
  const { query } = exchange.target
  record.method = exchange.method
  record.path = clean(pathOf(exchange))
  if (query.length > 1) record.query = clean(redactor.query(query.slice(1)))
}

function addWho(record: Open, exchange: Exchange, { clean, redactor }: RecordRules): void {
  const { headers } = exchange
  const agent = fieldValue(headers, 'user-agent')
  const referer = fieldValue(headers, 'referer')
  const principal = principalOf(exchange)
  const consumer = consumerOf(exchange)
  const id = requestIdOf(exchange)
  if (agent !== undefined) record.userAgent = clean(agent)
  if (referer !== undefined) record.referer = clean(redactor.url(referer))
  if (principal !== undefined) record.principal = clean(principal.id)
  if (consumer !== undefined) record.consumer = clean(consumer.id)
  if (id !== undefined) record.requestId = clean(id)
  const traceId = traceIdOf(exchange)
  if (traceId !== undefined) record.traceId = traceId
}

function addFilters(record: Open, exchange: Exchange): void {
  const cached = cacheOf(exchange)
  const limits = limitsOf(exchange)
  if (cached !== undefined) record.cache = cached.result
  if (cached?.collapsed === true) record.collapsed = true
  if (limits !== undefined) record.limits = limits
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
