import { seededRandom } from '../support/index.js'
import { type Draw, drawOf, MUTATIONS, type Mutation } from './mutations/index.js'
import { SEEDS } from './seeds/index.js'

/** A case: what a client sends, as latin1, and where it comes from. */
export interface Case {
  readonly name: string
  readonly bytes: string
}

/** Longest request: what is longer costs time, and shows nothing new. */
const LONGEST = 70_000
/** Most faults show alone; some need company. */
const MUTATIONS_EACH = [1, 1, 1, 2, 2, 3, 4]

/** The mutant of a number: the same for the same seed, whatever else is asked. */
export function mutant(seed: number, number: number): Case {
  // Neighbouring states of the generator give unlike numbers (it mixes them), so that each mutant can have one of its own.
  const draw: Draw = drawOf(seededRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0))
  const [seedName, seedBytes] = draw.of(SEEDS)
  const names: string[] = []
  let bytes = seedBytes
  for (let left = draw.of(MUTATIONS_EACH); left > 0; left--) {
    const [name, mutate]: readonly [string, Mutation] = draw.of(MUTATIONS)
    bytes = mutate(bytes, draw).slice(0, LONGEST)
    names.push(name)
  }
  return { name: `${seedName} · ${names.join(' · ')}`, bytes }
}
