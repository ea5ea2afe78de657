export interface FlatOptions {
  /** Growth of external memory and array buffers allowed in the second half, in bytes. @default 33554432 (32 MiB) */
  readonly limit?: number | undefined
  /** The same for rss, which also counts pages that the allocator keeps (measured: to 70 MiB under a fast stream). @default 3 × limit */
  readonly rssLimit?: number | undefined
  /** @default 50 */
  readonly intervalMs?: number | undefined
}

export interface MemorySample {
  readonly rss: number
  readonly external: number
  readonly arrayBuffers: number
}

export interface FlatResult<T> {
  /** What the function returned. */
  readonly value: T
  readonly samples: readonly MemorySample[]
  /** The second half's highest sample less the first half's; negative if memory fell. */
  readonly growth: MemorySample
  readonly peak: MemorySample
  readonly durationMs: number
}

const FEW = 6
const KINDS = ['rss', 'external', 'arrayBuffers'] as const

/**
 * Runs a function while watching the process's memory, and asserts that the second half of the run takes no more than the first,
 * which may fill buffers and warm up. Wants `--expose-gc`: it collects garbage before each sample, without which the result is a rough one.
 *
 * @throws Error naming what grew, or whatever the function throws.
 */
export async function flat<T>(run: () => T, options: FlatOptions = {}): Promise<FlatResult<Awaited<T>>> {
  const { limit = 32 * 1024 * 1024, intervalMs = 50 } = options
  const { rssLimit = 3 * limit } = options
  const samples: MemorySample[] = []
  const sample = (): void => {
    // Twice: array buffers are swept concurrently after the first, and counted until then (measured: 70 MiB of them).
    globalThis.gc?.()
    globalThis.gc?.()
    const { rss, external, arrayBuffers } = process.memoryUsage()
    samples.push({ rss, external, arrayBuffers })
  }
  const start = performance.now()
  sample()
  const timer = setInterval(sample, intervalMs)
  let value: Awaited<T>
  try {
    value = await run()
  } finally {
    clearInterval(timer)
  }
  sample()

  const middle = Math.ceil(samples.length / 2)
  const growth = each((kind) => {
    const values = settled(samples, kind)
    return Math.max(...values.slice(middle)) - Math.max(...values.slice(0, middle))
  })
  const peak = each((kind) => Math.max(...samples.map((taken) => taken[kind])))
  // The allocator takes and gives pages in large steps: of a handful of samples rss tells nothing.
  const judged = samples.length < FEW ? KINDS.filter((kind) => kind !== 'rss') : KINDS
  const grown = judged
    .filter((kind) => growth[kind] >= (kind === 'rss' ? rssLimit : limit))
    .map((kind) => `${kind} by ${mebibytes(growth[kind])}`)
  if (grown.length > 0) {
    throw new Error(`memory grew too much in the second half of ${samples.length} samples: ${grown.join(', ')}`)
  }
  return { value, samples, growth, peak, durationMs: performance.now() - start }
}

/**
 * One kind's samples, less what is only garbage: a rolling minimum, since the allocator gives pages back when it likes
 * (measured: rss of a steady stream goes up and down by 50 MiB). Under `--expose-gc` the other kinds are exact.
 */
function settled(samples: readonly MemorySample[], kind: keyof MemorySample): number[] {
  const exact = globalThis.gc !== undefined && kind !== 'rss'
  const width = exact ? 1 : Math.min(5, Math.max(1, samples.length >> 3))
  return samples.map((_, at) => Math.min(...samples.slice(Math.max(0, at - width + 1), at + 1).map((s) => s[kind])))
}

function each(measure: (kind: keyof MemorySample) => number): MemorySample {
  return { rss: measure('rss'), external: measure('external'), arrayBuffers: measure('arrayBuffers') }
}

function mebibytes(count: number): string {
  return `${(count / 1024 / 1024).toFixed(1)} MiB`
}
