/** Values of labels by name. */
export type Labels = Readonly<Record<string, string | number>>

/** One number of a metric, as it is when somebody scrapes. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** Where it is not the metric's own: `…_bucket`, `…_sum` and `…_count` of a histogram. */
  readonly metricName?: string
  readonly exemplar?: Exemplar | undefined
}

/** What one observation belonged to, as OpenMetrics shows it beside its bucket. */
export interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>
  readonly value: number
  /** Seconds since 1970. */
  readonly timestamp: number
}

/** How a cluster's numbers become one, as prom-client's `Aggregator`. */
export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average'

/** What a metric is, and where its numbers come from. */
export interface FamilyOptions {
  /** Without the prefix. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels?: readonly string[]
  /** How `AggregatorRegistry` makes one number of those of a cluster's processes. @default 'sum' */
  readonly aggregator?: Aggregator
  /** Asked at each scrape, and never between. */
  read(name: string): readonly Sample[] | Promise<readonly Sample[]>
  /** Forgets what was counted, for `resetMetrics`. */
  reset?(): void
}

/**
 * A metric as a registry of prom-client's asks for it, by `get`. Its numbers stay where they are counted until then: prom-client's own
 * classes put a key together out of all labels for every single observation, and keep what has left until somebody removes it.
 */
export class Family {
  /** A registry that speaks OpenMetrics takes `_total` off, and puts it back on as it writes. */
  name: string
  readonly help: string
  readonly type: FamilyOptions['type']
  readonly labelNames: readonly string[]
  readonly aggregator: Aggregator
  readonly #options: FamilyOptions
  readonly #fullName: string

  constructor(prefix: string, options: FamilyOptions) {
    this.#fullName = prefix + options.name
    this.name = this.#fullName
    this.help = options.help
    this.type = options.type
    this.labelNames = options.labels ?? []
    this.aggregator = options.aggregator ?? 'sum'
    this.#options = options
  }

  /** Its name, whatever a registry made of it. */
  get fullName(): string {
    return this.#fullName
  }

  async get(): Promise<object> {
    const read = this.#options.read(this.#fullName)
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: read instanceof Promise ? await read : read }
  }

  reset(): void {
    this.#options.reset?.()
  }
}
