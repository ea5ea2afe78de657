import type { Harness } from '../harness/harness.js'

export function consuming(_harness: Harness): void {}
