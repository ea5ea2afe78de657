import type { Exemplar, Labels, Sample } from './family.js'
import { OTHER } from './labels.js'

/** How often something took how long, in seconds: one series of a histogram. */
export class Distribution {
  readonly #bounds: readonly number[]
  /** Not cumulated, as that would cost a write for each bucket; the last is for what is above all bounds. */
  readonly #counts: Float64Array
  #exemplars: (Exemplar | undefined)[] | null = null
  #sum = 0

  /** @param bounds Upper ones, rising. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(seconds: number, labelSet: Exemplar['labelSet'] | null = null): void {
    const bounds = this.#bounds
    let at = 0
    // Most are near the lower end, where counting up is faster than halving.
    while (at < bounds.length && seconds > bounds[at]!) at++
    this.#counts[at]!++
    this.#sum += seconds
    if (labelSet === null) return
    this.#exemplars ??= Array.from(this.#counts, () => undefined)
    this.#exemplars[at] = { labelSet, value: seconds, timestamp: Date.now() / 1000 }
  }

  samples(name: string, labels: Labels): Sample[] {
    const samples: Sample[] = []
    let count = 0
    for (const [at, each] of this.#counts.entries()) {
      count += each
      const le = this.#bounds[at] ?? '+Inf'
      const exemplar = this.#exemplars?.[at]
      samples.push({ labels: { le, ...labels }, value: count, metricName: `${name}_bucket`, exemplar })
    }
    samples.push({ labels, value: this.#sum, metricName: `${name}_sum` })
    samples.push({ labels, value: count, metricName: `${name}_count` })
    return samples
  }
}

/** Distributions by the value of one label; the same bound on their number as of {@link Counts}. */
export class Distributions {
  readonly #label: string
  readonly #max: number
  readonly #bounds: readonly number[]
  readonly #byValue = new Map<string, Distribution>()

  constructor(label: string, max: number, bounds: readonly number[]) {
    this.#label = label
    this.#max = max
    this.#bounds = bounds
  }

  of(value: string): Distribution {
    const known = this.#byValue.get(value)
    if (known !== undefined) return known
    if (this.#byValue.size >= this.#max && value !== OTHER) return this.of(OTHER)
    const made = new Distribution(this.#bounds)
    this.#byValue.set(value, made)
    return made
  }

  samples(name: string): readonly Sample[] {
    return [...this.#byValue].flatMap(([value, each]) => each.samples(name, { [this.#label]: value }))
  }

  clear(): void {
    this.#byValue.clear()
  }
}
