import type { Harness } from '../harness/harness.js'

export function tracing(_harness: Harness): void {}
