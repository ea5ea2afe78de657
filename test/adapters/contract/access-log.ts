import type { Harness } from '../harness/harness.js'

export function logging(_harness: Harness): void {}
