import type { Harness } from '../harness/harness.js'

export function configuring(_harness: Harness): void {}
