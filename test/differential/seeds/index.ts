import { FRAMING } from './framing.js'
import { HEADS } from './heads.js'
import { PATHS } from './paths.js'
import { PLAIN } from './plain.js'
import type { Seed } from './seed.js'

/** What is sent as it is, and what mutants are made of. */
export const SEEDS: readonly Seed[] = [...PLAIN, ...FRAMING, ...HEADS, ...PATHS]
export type { Seed } from './seed.js'
