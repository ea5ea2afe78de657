import type { Harness } from '../harness/harness.js'

export function tokens(_harness: Harness): void {}
