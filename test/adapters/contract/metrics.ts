import type { Harness } from '../harness/harness.js'

export function measuring(_harness: Harness): void {}
