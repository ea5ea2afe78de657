import type { Harness } from '../harness/harness.js'

export function watching(_harness: Harness): void {}
