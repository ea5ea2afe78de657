import type { Harness } from '../harness/harness.js'

export function stopping(_harness: Harness): void {}
