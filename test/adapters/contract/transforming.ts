import type { Harness } from '../harness/harness.js'

export function transforming(_harness: Harness): void {}
