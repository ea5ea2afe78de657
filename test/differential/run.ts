import { examine, type Finding } from './examine.js'
import type { Lane, Lanes } from './lanes.js'
import { SEEDS } from './seeds/index.js'

export interface RunOptions {
  readonly seed: number
  /** Mutants, besides the seeds themselves. */
  readonly count: number
  /** The only case to run. */
  readonly only?: number | undefined
}

/** A class of disagreements: how often, with whom, and an example. */
export interface Tally {
  readonly counts: Record<string, number>
  readonly example: Finding
}

export interface Results {
  /** Cases, each at three proxies, and how many were sent to the second transport, too. */
  readonly cases: number
  readonly second: number
  readonly agreed: number
  readonly classes: ReadonlyMap<string, Tally>
  readonly faults: readonly Finding[]
  /** Seen once, and not when sent again, alone: by load, not by a fault. */
  readonly once: readonly Finding[]
  readonly ms: number
}

/** Cases under way at a time. */
const AT_ONCE = 96
/** Every so many go through the second transport, too. */
const SHARE = 4
/** Past so many faults the rest says nothing new. */
const ENOUGH = 50

/** Sends every case to all proxies, and judges each. */
export async function run(lanes: Lanes, { seed, count, only }: RunOptions): Promise<Results> {
  const began = performance.now()
  const classes = new Map<string, Tally>()
  const suspects: { readonly finding: Finding; readonly lane: Lane }[] = []
  const left = new Map<string, number>()
  const total = SEEDS.length + count
  const [first, second] = lanes.ours
  let next = only ?? 0
  let address = 0
  let cases = 0
  let seconds = 0
  let agreed = 0

  const note = (finding: Finding, lane: Lane): void => {
    if (finding.left > 0) left.set(finding.address, finding.left)
    if (finding.faults.length > 0) suspects.push({ finding, lane })
    if (finding.classes.length + finding.faults.length === 0) agreed++
    for (const { name, others } of finding.classes) {
      const { counts } = classes.get(name) ?? classes.set(name, { counts: {}, example: finding }).get(name)!
      counts[others] = (counts[others] ?? 0) + 1
    }
  }
  const worker = async (): Promise<void> => {
    while (next < (only === undefined ? total : only + 1) && suspects.length < ENOUGH) {
      const number = next++
      cases++
      note(await examine(lanes, first, seed, number, address++), first)
      if (second === undefined || (number % SHARE !== 0 && only === undefined)) continue
      seconds++
      note(await examine(lanes, second, seed, number, address++), second)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))

  const faults: Finding[] = []
  const once: Finding[] = []
  for (const { finding, lane } of suspects) {
    if (finding.certain) {
      faults.push(finding)
      continue
    }
    const again = await examine(lanes, lane, seed, finding.number, address++)
    if (again.faults.length > 0) faults.push(again)
    else once.push(finding)
  }
  for (const lane of lanes.ours) faults.push(...strays(lane, left))
  return { cases, second: seconds, agreed, classes, faults, once, ms: performance.now() - began }
}

/** What reached an upstream when its case was over: late, as load makes it, or of bytes that no client sent as a request. */
function strays({ name, far }: Lane, left: Map<string, number>): Finding[] {
  const unknown = far.rest().filter(({ client, message, error }) => {
    const allowed = (left.get(client) ?? 0) - 1
    left.set(client, allowed)
    return allowed < 0 || message === null || error !== undefined
  })
  return unknown.map(({ client, message, text }) => ({
    number: -1,
    name: 'afterwards',
    bytes: text,
    lane: name,
    address: client,
    left: 0,
    certain: true,
    faults: [`a message of nobody: ${message?.method} ${message?.target}`],
    classes: [],
    steps: [],
  }))
}
