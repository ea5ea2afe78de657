import type { Harness } from '../harness/harness.js'

export function administering(_harness: Harness): void {}
