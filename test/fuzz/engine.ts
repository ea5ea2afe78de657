import { Mutator } from './mutate.js'
import type { FuzzTarget } from './target.js'

/** How long one input of 16 KiB may take a parser of linear time, many times over. */
export const SLOW_MS = 100
const LONGEST = 16_384
const MOST_KEPT = 512
const MOST_OUTCOMES = 20_000

export interface Failure {
  readonly target: string
  readonly input: string
  readonly message: string
}

export interface Bounds {
  readonly seed: number
  readonly executions?: number
  readonly ms?: number
  /** Told of each input before it is tried, so that one that never ends can be named. */
  readonly trying?: (input: string) => void
}

export interface Outcome {
  readonly executions: number
  /** Different things that became of inputs. */
  readonly outcomes: number
  readonly failure: Failure | null
}

/** Runs one target, until a promise is broken or a bound is reached. */
export function fuzz(target: FuzzTarget, { seed, executions = Infinity, ms = Infinity, trying }: Bounds): Outcome {
  const { name, maxLength = LONGEST, pieces, text } = target
  const mutator = new Mutator(mixed(seed, name), pieces, text)
  const corpus = [...target.corpus]
  const seen = new Set<string>()
  const until = performance.now() + ms
  let done = 0
  for (; done < executions && (done % 16 !== 0 || performance.now() < until); done++) {
    // The corpus itself must be good, too.
    const input = done < target.corpus.length ? target.corpus[done]! : mutator.mutate(corpus, maxLength)
    trying?.(input)
    const found = tried(target, input, mutator)
    if (typeof found === 'object') {
      const failing = smallest(target, input, found.message, seed)
      return { executions: done + 1, outcomes: seen.size, failure: { target: name, ...failing } }
    }
    if (found === undefined || seen.has(found) || seen.size === MOST_OUTCOMES) continue
    seen.add(found)
    if (corpus.length < MOST_KEPT + target.corpus.length && input.length <= 1024) corpus.push(input)
  }
  return { executions: done, outcomes: seen.size, failure: null }
}

/** Tries one input; what became of it, or what is wrong. */
export function tried(
  target: FuzzTarget,
  input: string,
  mutator: Mutator,
): string | undefined | { readonly message: string } {
  const began = performance.now()
  let outcome: string | undefined
  try {
    outcome = target.check(input, mutator)
  } catch (error) {
    return { message: error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}` }
  }
  for (const name in {}) return { message: `Object.prototype has ${name}` }
  for (const name in []) return { message: `Array.prototype has ${name}` }
  if (performance.now() - began > SLOW_MS) {
    const least = leastMs(target, input)
    if (least > SLOW_MS) return { message: `took ${Math.round(least)} ms for ${input.length} characters` }
  }
  return outcome?.slice(0, 200)
}

/** Without what others have taken of a shared machine. */
function leastMs(target: FuzzTarget, input: string): number {
  const times = [1, 2, 3].map((seed) => {
    const began = process.cpuUsage()
    target.check(input, new Mutator(seed))
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1000
  })
  return Math.min(...times)
}

/** Takes pieces out of an input for as long as it fails in the same way. */
function smallest(
  target: FuzzTarget,
  failing: string,
  message: string,
  seed: number,
): { input: string; message: string } {
  const kind = (text: string): string =>
    text.slice(0, text.indexOf(' · ') === -1 ? 40 : text.indexOf(' · ')).replace(/\d+/g, '0')
  let input = failing
  let said = message
  if (message.startsWith('took')) return { input, message }
  let tries = 2_000
  for (let size = Math.ceil(input.length / 2); size >= 1 && tries > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < input.length && tries-- > 0; ) {
      const shorter = input.slice(0, at) + input.slice(at + size)
      const found = tried(target, shorter, new Mutator(seed))
      if (typeof found === 'object' && kind(found.message) === kind(said)) {
        input = shorter
        said = found.message
      } else at += size
    }
  }
  return { input, message: said }
}

/** A seed of its own for each target, so that one alone does what it does among all. */
function mixed(seed: number, name: string): number {
  let mix = seed >>> 0
  for (const char of name) mix = (Math.imul(mix ^ char.charCodeAt(0), 0x01000193) >>> 0) + 1
  return mix
}
