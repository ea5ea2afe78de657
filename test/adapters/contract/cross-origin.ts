import type { Harness } from '../harness/harness.js'

export function crossOrigin(_harness: Harness): void {}
