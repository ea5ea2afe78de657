import type { Harness } from '../harness/harness.js'

export function authentication(_harness: Harness): void {}
