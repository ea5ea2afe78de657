import type { EdgeEvents, EventHub } from '../../events.js'
import type { Exchange } from '../../exchange.js'
import type { Outcome } from '../../outcome.js'
import type { Cell } from './counts.js'
import { type Distribution, Distributions } from './distribution.js'
import type { Exemplar, FamilyOptions } from './family.js'
import { errorLabel, methodLabel, OTHER, routeLabel, statusLabel } from './labels.js'
import { type Counter, counter, type Section } from './section.js'

/** Most characters of an exemplar's labels, names included (OpenMetrics 1.0, "Exemplars"). */
const LONGEST_EXEMPLAR = 128

export interface RequestsOptions {
  readonly buckets: readonly number[]
  readonly maxSeries: number
  readonly exemplar: ((exchange: Exchange) => Exemplar['labelSet'] | null | undefined) | undefined
}

/** The numbers of one route, resolved once. */
interface RouteNumbers {
  /** By method and status. */
  readonly answers: Map<string, Map<number | null, Cell>>
  readonly durations: Distribution
  readonly received: Cell
  readonly sent: Cell
}

/** Rate, errors and duration of what clients asked: by route as it is written, never by path (H-196). */
export class Requests implements Section {
  readonly families: readonly FamilyOptions[]
  readonly #options: RequestsOptions
  readonly #requests: Counter
  readonly #durations: Distributions
  readonly #bytes: Counter
  readonly #failures: Counter
  readonly #terminations: Counter
  readonly #routes = new Map<string, RouteNumbers>()

  constructor(options: RequestsOptions) {
    const { buckets, maxSeries } = options
    this.#options = options
    this.#requests = counter(
      'requests_total',
      'Requests by route, method and status.',
      ['route', 'method', 'code'],
      maxSeries,
    )
    this.#durations = new Distributions('route', maxSeries, buckets)
    this.#bytes = counter('body_bytes_total', 'Bytes of bodies and WebSockets.', ['route', 'direction'], maxSeries)
    this.#failures = counter('failures_total', 'Requests that failed, by error code.', ['route', 'error'], maxSeries)
    this.#terminations = counter('terminations_total', 'Requests that were cut short.', ['who', 'phase'], maxSeries)
    const durations: FamilyOptions = {
      name: 'request_duration_seconds',
      help: 'From the head of a request to the last byte of its reply; not of WebSockets.',
      type: 'histogram',
      labels: ['route'],
      read: (name) => this.#durations.samples(name),
      reset: () => this.#durations.clear(),
    }
    const resolved = [this.#requests, durations, this.#bytes].map((family) => this.#forgetting(family))
    this.families = [...resolved, this.#failures, this.#terminations]
  }

  listen(hub: EventHub): readonly (() => void)[] {
    return [hub.on('exchange', (event) => this.#count(event))]
  }

  /** What forgets the numbers that were resolved, too. */
  #forgetting(family: FamilyOptions): FamilyOptions {
    const reset = (): void => {
      this.#routes.clear()
      family.reset?.()
    }
    return { ...family, reset }
  }

  #count({ exchange, outcome }: EdgeEvents['exchange']): void {
    const { status, bytes, times, termination } = outcome
    const route = routeLabel(outcome.route)
    const numbers = this.#numbersOf(route)
    const known = numbers.answers.get(exchange.method)?.get(status)
    const cell = known ?? this.#answer(numbers, route, exchange.method, status)
    cell.value++
    numbers.received.value += bytes.in
    numbers.sent.value += bytes.out
    if (status !== 101) numbers.durations.observe((times.lastByte - times.acceptedAt) / 1000, this.#exemplar(exchange))
    if (termination.who !== null) this.#fail(outcome, termination.who)
  }

  #fail({ route, error, termination }: Outcome, who: string): void {
    this.#failures.cell(routeLabel(route), errorLabel(error)).value++
    this.#terminations.cell(who, termination.phase).value++
  }

  #numbersOf(route: string): RouteNumbers {
    const known = this.#routes.get(route)
    if (known !== undefined) return known
    if (this.#routes.size >= this.#options.maxSeries && route !== OTHER) return this.#numbersOf(OTHER)
    const numbers: RouteNumbers = {
      answers: new Map(),
      durations: this.#durations.of(route),
      received: this.#bytes.cell(route, 'in'),
      sent: this.#bytes.cell(route, 'out'),
    }
    this.#routes.set(route, numbers)
    return numbers
  }

  /** Methods and statuses that are not known of themselves have one number together, and are kept under that. */
  #answer({ answers }: RouteNumbers, route: string, method: string, status: number | null): Cell {
    const cell = this.#requests.cell(route, methodLabel(method), statusLabel(status))
    if (methodLabel(method) === OTHER || (status !== null && statusLabel(status) !== String(status))) return cell
    const byStatus = answers.get(method) ?? new Map<number | null, Cell>()
    answers.set(method, byStatus.set(status, cell))
    return cell
  }

  #exemplar(exchange: Exchange): Exemplar['labelSet'] | null {
    const labels = this.#options.exemplar?.(exchange) ?? null
    if (labels === null) return null
    const length = Object.entries(labels).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    return length === 0 || length > LONGEST_EXEMPLAR ? null : labels
  }
}
