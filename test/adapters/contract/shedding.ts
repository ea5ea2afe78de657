import type { Harness } from '../harness/harness.js'

export function shedding(_harness: Harness): void {}
