import type { Attack } from './attack.js'
import { Cell, type Evidence } from './cell.js'
import { type Front, startFront } from './front.js'
import type { Subject } from './subjects.js'

export type Verdict =
  | { readonly kind: 'held' | 'not offered' | 'unclear'; readonly why?: string; readonly evidence?: Evidence }
  | { readonly kind: 'failed'; readonly why: string; readonly evidence: Evidence }

/** Rows at a time. */
const ABREAST = 8

/**
 * Plays rows against one proxy. Most run side by side in one process of it; those that count or may kill run alone. When the process
 * dies while several ran, each of them is played again, alone, so that none is blamed for another.
 */
export async function run(subject: Subject, rows: readonly Attack[]): Promise<ReadonlyMap<Attack, Verdict>> {
  const verdicts = new Map<Attack, Verdict>()
  const queue: Attack[] = []
  const alone: Attack[] = []
  for (const row of rows) {
    const lack = row.needs && subject.lacks?.[row.needs]
    if (lack) verdicts.set(row, { kind: 'not offered', why: lack })
    else (row.alone ? alone : queue).push(row)
  }

  let proxy = await startFront(subject)
  const again: Attack[] = []
  const worker = async (): Promise<void> => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      const verdict = proxy.death() === undefined ? await play(proxy, row) : undefined
      if (verdict === undefined || verdict.kind === 'unclear' || proxy.death() !== undefined) again.push(row)
      else verdicts.set(row, verdict)
    }
  }
  await Promise.all(Array.from({ length: ABREAST }, worker))

  try {
    for (const row of [...again, ...alone]) {
      if (proxy.death() !== undefined) {
        await proxy[Symbol.asyncDispose]()
        proxy = await startFront(subject)
      }
      verdicts.set(row, await play(proxy, row, true))
    }
  } finally {
    await proxy[Symbol.asyncDispose]()
  }
  return verdicts
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
