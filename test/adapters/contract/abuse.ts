import type { Harness } from '../harness/harness.js'

export function abuse(_harness: Harness): void {}
