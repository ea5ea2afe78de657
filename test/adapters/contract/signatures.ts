import type { Harness } from '../harness/harness.js'

export function signatures(_harness: Harness): void {}
