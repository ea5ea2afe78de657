import type { Attack } from './attack.js'
import { Cell, type Evidence } from './cell.js'
import { type Front, startFront } from './front.js'
import type { Subject } from './subjects.js'

export type Verdict =
  | { readonly kind: 'held' | 'not offered' | 'unclear'; readonly why?: string; readonly evidence?: Evidence }
  | { readonly kind: 'failed'; readonly why: string; readonly evidence: Evidence }

/** Rows at a time. */
const ABREAST = 8

interface RunOptions {
  /** How often a row has to fail before it counts, so that a machine that was busy is nobody's fault. @default 1 */
  readonly tries?: number
}

/**
 * Plays rows against one proxy. Most run side by side in one process of it; those that count or may kill run alone. When the process
 * dies while several ran, each of them is played again, alone, so that none is blamed for another.
 */
export async function run(
  subject: Subject,
  rows: readonly Attack[],
  { tries = 1 }: RunOptions = {},
): Promise<ReadonlyMap<Attack, Verdict>> {
  const verdicts = new Map<Attack, Verdict>()
  const queue: Attack[] = []
  const later: Attack[] = []
  for (const row of rows) {
    const lack = row.needs && subject.lacks?.[row.needs]
    if (lack) verdicts.set(row, { kind: 'not offered', why: lack })
    else (row.alone ? later : queue).push(row)
  }

  const house = new House(subject)
  try {
    const proxy = await house.proxy()
    const worker = async (): Promise<void> => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        const verdict = proxy.death() === undefined ? await stubborn(tries, () => play(proxy, row)) : undefined
        if (verdict === undefined || verdict.kind === 'unclear' || proxy.death() !== undefined) later.unshift(row)
        else verdicts.set(row, verdict)
      }
    }
    await Promise.all(Array.from({ length: ABREAST }, worker))
    for (const row of later) verdicts.set(row, await stubborn(tries, async () => play(await house.proxy(), row, true)))
  } finally {
    await house[Symbol.asyncDispose]()
  }
  return verdicts
}

/** Where one process of a proxy runs, and a new one once it has died. */
class House implements AsyncDisposable {
  readonly #subject: Subject
  #proxy: Front | undefined

  constructor(subject: Subject) {
    this.#subject = subject
  }

  async proxy(): Promise<Front> {
    if (this.#proxy?.death() !== undefined) await this[Symbol.asyncDispose]()
    this.#proxy ??= await startFront(this.#subject)
    return this.#proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy?.[Symbol.asyncDispose]()
    this.#proxy = undefined
  }
}

/** Plays until a row is held, at most so often. */
async function stubborn(tries: number, once: () => Promise<Verdict>): Promise<Verdict> {
  let verdict = await once()
  for (let nth = 1; nth < tries && verdict.kind !== 'held'; nth += 1) verdict = await once()
  return verdict
}

async function play(proxy: Front, row: Attack, alone = false): Promise<Verdict> {
  await using cell = new Cell(proxy)
  let why: string | undefined
  let trouble: unknown
  try {
    why = await row.run(cell)
  } catch (error) {
    trouble = error
  }
  // Death may come a moment after the row.
  if (alone) await new Promise((resolve) => setTimeout(resolve, 50))
  const death = proxy.death()
  if (death !== undefined) return { kind: 'failed', why: `the process dies: ${death}`, evidence: cell.evidence() }
  if (trouble !== undefined) return { kind: 'unclear', why: String(trouble), evidence: cell.evidence() }
  if (why === undefined) return { kind: 'held' }
  return { kind: 'failed', why: why.replace(/127\.0\.0\.1:\d+/, 'that of the upstream'), evidence: cell.evidence() }
}
