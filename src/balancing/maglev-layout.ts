import type { Balanced } from './balancer.js'
import { hash32 } from './hash.js'
import type { HashTable, TableLayout } from './hash-table.js'

const SECOND_SEED = 0x9e3779b9

/**
 * Maglev's table (Eisenbud et al., NSDI 2016, §3.4): each endpoint has its own order of slots, and they take turns at claiming
 * their next free one. One with a fraction of the largest weight gets that fraction of the turns, as in Envoy.
 *
 * @param size A prime, so that every step through the table reaches every slot.
 */
export function maglevLayout(size: number): TableLayout {
  return {
    order: 'by name',
    lay: (endpoints) => new MaglevTable(endpoints.length === 0 ? new Uint32Array(0) : fill(endpoints, size)),
  }
}

class MaglevTable implements HashTable {
  readonly owners: Uint32Array

  constructor(owners: Uint32Array) {
    this.owners = owners
  }

  slotOf(key: string): number {
    return (hash32(key) >>> 0) % this.owners.length
  }
}

function fill(endpoints: readonly Balanced[], size: number): Uint32Array {
  const next = Uint32Array.from(endpoints, ({ name }) => (hash32(name) >>> 0) % size)
  const step = Uint32Array.from(endpoints, ({ name }) => ((hash32(name, SECOND_SEED) >>> 0) % (size - 1)) + 1)
  const free = new Uint8Array(size).fill(1)
  const owners = new Uint32Array(size)
  for (const owner of turns(endpoints, size)) {
    let slot = next[owner]!
    while (free[slot] === 0) slot = advance(slot, step[owner]!, size)
    free[slot] = 0
    owners[slot] = owner
    next[owner] = advance(slot, step[owner]!, size)
  }
  return owners
}

function advance(slot: number, step: number, size: number): number {
  const sum = slot + step
  return sum >= size ? sum - size : sum
}

/**
 * Whose turn it is, `count` times: the heaviest in every round, one of half its weight in every second, all of them in the first.
 * Sorted by counting, which takes the same time whatever the weights are.
 */
function turns(endpoints: readonly Balanced[], count: number): Uint32Array {
  const heaviest = endpoints.reduce((most, { weight }) => Math.max(most, weight), 0)
  const gaps = endpoints.map(({ weight }) => heaviest / weight)
  const rounds = Math.ceil(count / gaps.reduce((sum, gap) => sum + 1 / gap, 0))
  const starts = new Uint32Array(rounds + 2)
  for (const gap of gaps)
    for (let turn = 0; Math.ceil(turn * gap) <= rounds; turn++) starts[Math.ceil(turn * gap) + 1]!++
  for (let round = 0; round < rounds; round++) starts[round + 1]! += starts[round]!
  const order = new Uint32Array(count)
  for (const [owner, gap] of gaps.entries()) {
    for (let turn = 0; Math.ceil(turn * gap) <= rounds; turn++) {
      const at = starts[Math.ceil(turn * gap)]!++
      if (at < count) order[at] = owner
    }
  }
  return order
}
