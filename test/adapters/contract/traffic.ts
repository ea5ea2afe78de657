import type { Harness } from '../harness/harness.js'

export function traffic(_harness: Harness): void {}
