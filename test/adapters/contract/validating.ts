import type { Harness } from '../harness/harness.js'

export function validating(_harness: Harness): void {}
