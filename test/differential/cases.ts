import { type Case, mutant } from './mutate.js'
import { SEEDS } from './seeds/index.js'

/** A case by its number: the seeds first, as they are, then mutants. */
export function caseOf(seed: number, number: number): Case {
  const plain = SEEDS[number]
  return plain === undefined ? mutant(seed, number - SEEDS.length) : { name: plain[0], bytes: plain[1] }
}

/** A loopback address that no other case of a run has: it stands in what a proxy forwards, and tells whose it is. */
export function addressOf(number: number): string {
  return `127.${16 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
}
