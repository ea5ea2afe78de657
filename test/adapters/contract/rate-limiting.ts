import type { Harness } from '../harness/harness.js'

export function rateLimiting(_harness: Harness): void {}
