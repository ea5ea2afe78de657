import { strictReading } from '../support/index.js'
import { ask } from './ask.js'
import { addressOf, caseOf } from './cases.js'
import { CLASSES, type DisagreementClass } from './classes.js'
import { type Disagreement, disagreements } from './compare.js'
import { fieldClassOf } from './field-classes.js'
import type { Lane, Lanes } from './lanes.js'
import { OF_TIME, violations } from './oracle.js'
import { type Step, stepsOf } from './steps.js'

/** What is to be said of one case. */
export interface Finding {
  readonly number: number
  readonly name: string
  readonly bytes: string
  readonly lane: string
  readonly address: string
  /** Messages that may still reach the upstream late. */
  readonly left: number
  /** Broken promises of Edgewise’s own, and disagreements that are harmful or of no class. */
  readonly faults: readonly string[]
  /** Whether one of the faults needs no second look: load cannot bring it about. */
  readonly certain: boolean
  /** By the names of their classes, with whom Edgewise disagrees. */
  readonly classes: readonly { readonly name: string; readonly others: string }[]
  /** Edgewise, nginx, HAProxy. */
  readonly steps: readonly (readonly Step[])[]
}

/** Sends a case to the three, and judges; `address` differs each time that a case is sent. */
export async function examine(
  lanes: Lanes,
  ours: Lane,
  seed: number,
  number: number,
  address: number,
): Promise<Finding> {
  const { name, bytes: text } = caseOf(seed, number)
  const bytes = Buffer.from(text, 'latin1')
  const strict = strictReading(bytes)
  const from = addressOf(address)
  const outcomes = await Promise.all([ours, lanes.nginx, lanes.haproxy].map((lane) => ask(lane, from, bytes, strict)))
  const [mine, nginx, haproxy] = outcomes as [(typeof outcomes)[0], (typeof outcomes)[0], (typeof outcomes)[0]]
  const steps = [stepsOf(mine), stepsOf(nginx), stepsOf(haproxy)] as const
  const found = disagreements(text, strict, ...steps)
  const faults = violations(strict, mine)
  const certain = faults.some((each) => !OF_TIME.test(each))
  const classes: { name: string; others: string }[] = []
  for (const disagreement of found) {
    const known = classOf(disagreement)
    if (known !== undefined) classes.push({ name: known.name, others: othersOf(disagreement) })
    if (known === undefined && !agree(disagreement)) faults.push(`unclassified: ${shown(disagreement)}`)
    else if (known?.harmful === true) faults.push(`${known.name}: ${shown(disagreement)}`)
    for (const difference of disagreement.fields) {
      const kind = fieldClassOf(difference)
      if (kind === undefined) faults.push(`unclassified field: ${difference}`)
      else classes.push({ name: kind.name, others: othersOf(disagreement) })
    }
  }
  const left = strict.requests.length - mine.arrivals.filter(({ message }) => message?.complete === true).length
  return { number, name, bytes: text, lane: ours.name, address: from, left, faults, certain, classes, steps }
}

function classOf(disagreement: Disagreement): DisagreementClass | undefined {
  return agree(disagreement) ? undefined : CLASSES.find(({ holds }) => holds(disagreement))
}

/** Whether all is the same but for fields. */
function agree({ trio, fromNginx, fromHaproxy }: Disagreement): boolean {
  return trio === 'F/F/F' && fromNginx.length + fromHaproxy.length === 0
}

/** Who does otherwise than Edgewise. */
function othersOf({ trio, fromNginx, fromHaproxy, fields }: Disagreement): string {
  const [ours, nginx, haproxy] = trio.split('/')
  const names = [
    ...(nginx !== ours || fromNginx.length > 0 ? ['nginx'] : []),
    ...(haproxy !== ours || fromHaproxy.length > 0 ? ['HAProxy'] : []),
  ]
  return names.length === 2 || (names.length === 0 && fields.length > 0) ? 'both' : names.join()
}

function shown({ trio, reason, fromNginx, fromHaproxy }: Disagreement): string {
  const parts = [
    `${trio}, ${reason}`,
    `from nginx ${fromNginx.join('+') || '–'}`,
    `from HAProxy ${fromHaproxy.join('+') || '–'}`,
  ]
  return parts.join('; ')
}
