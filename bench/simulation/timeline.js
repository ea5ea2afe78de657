// Virtual time: what is due happens in order, and nothing waits.

/** A queue of things to do, earliest first; what is due at the same time happens in the order it was planned. */
export class Timeline {
  now = 0
  #order = 0
  /** @type {{ at: number, order: number, run: (() => void) | null }[]} a heap */
  #heap = []

  /** @param {number} at @param {() => void} run @returns a handle for `cancel` */
  plan(at, run) {
    const entry = { at, order: this.#order++, run }
    const heap = this.#heap
    let place = heap.push(entry) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!before(entry, heap[parent])) break
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = entry
    return entry
  }

  cancel(entry) {
    if (entry) entry.run = null
  }

  /** Lets time pass until nothing is planned. */
  run() {
    while (this.#heap.length > 0) {
      const { at, run } = this.#takeFirst()
      this.now = at
      run?.()
    }
  }

  #takeFirst() {
    const heap = this.#heap
    const first = heap[0]
    const moved = heap.pop()
    if (heap.length === 0) return first
    let place = 0
    while (true) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
      if (!before(heap[child], moved)) break
      heap[place] = heap[child]
      place = child
    }
    heap[place] = moved
    return first
  }
}

const before = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order)
