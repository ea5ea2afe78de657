import type { Exchange } from '../../exchange.js'
import type { Outcome } from '../../outcome.js'
import { plainValue } from '../plain.js'
import type { Redactor } from '../redact.js'
import type { AccessRecord } from './record.js'

/** Fields that a record has, and that nobody can put in its place. */
const TAKEN: Readonly<Record<keyof AccessRecord | 'time' | 'level', true>> = {
  time: true,
  level: true,
  route: true,
  method: true,
  path: true,
  query: true,
  host: true,
  protocol: true,
  status: true,
  client: true,
  userAgent: true,
  referer: true,
  principal: true,
  consumer: true,
  requestId: true,
  traceId: true,
  pool: true,
  endpoint: true,
  attempts: true,
  tries: true,
  cache: true,
  collapsed: true,
  limits: true,
  denied: true,
  times: true,
  termination: true,
  bytes: true,
  error: true,
  tunnel: true,
  headers: true,
  sample: true,
}

/** Fields of the user's: as safe as the record's own, whatever is put into them. */
export class OwnFields {
  readonly #fields: (exchange: Exchange, outcome: Outcome) => object
  readonly #secret: (name: string) => string | null
  readonly #max: number
  readonly #report: (error: unknown) => void

  constructor(
    fields: (exchange: Exchange, outcome: Outcome) => object,
    redactor: Redactor,
    max: number,
    report: (error: unknown) => void,
  ) {
    this.#fields = fields
    this.#secret = (name) => (redactor.isSecretField(name) ? redactor.replacement : null)
    this.#max = max
    this.#report = report
  }

  /** None where they could not be had: the record is written all the same. */
  of(exchange: Exchange, outcome: Outcome): object | undefined {
    try {
      const made: unknown = this.#fields(exchange, outcome)
      if (made instanceof Promise) {
        made.catch(() => {})
        throw new TypeError('fields of an access log must not be asynchronous')
      }
      if (typeof made !== 'object' || made === null) return undefined
      const free = Object.entries(made).filter(([name]) => !Object.hasOwn(TAKEN, name))
      return plainValue(Object.fromEntries(free), this.#max, this.#secret) as object
    } catch (error) {
      this.#report(error)
      return undefined
    }
  }
}
