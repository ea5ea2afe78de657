import type { Harness } from '../harness/harness.js'

export function explaining(_harness: Harness): void {}
