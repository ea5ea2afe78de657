import { type FSWatcher, watch } from 'node:fs'
import type { Milliseconds } from '../../options.js'
import type { Clock } from '../clock.js'

/** Rings when anything in a folder changes, a little later. */
export class FolderWatch {
  readonly #folder: string
  readonly #ring: () => void
  readonly #settleMs: Milliseconds
  readonly #clock: Clock
  #watcher: FSWatcher | null = null
  #timer: unknown = null

  constructor(folder: string, ring: () => void, settleMs: Milliseconds, clock: Clock) {
    this.#folder = folder
    this.#ring = ring
    this.#settleMs = settleMs
    this.#clock = clock
  }

  /** Where the folder can't be watched (yet), polling has to do. */
  start(): void {
    if (this.#watcher !== null) return
    try {
      // The folder, not the file: a file that is replaced takes its watch along.
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.#changed())
      this.#watcher.on('error', () => this.#drop())
    } catch {
      this.#watcher = null
    }
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#drop()
  }

  // Not put off by the next change: else a folder in which something always happens would never be looked at.
  #changed(): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = null
      this.#ring()
    }, this.#settleMs)
  }

  #drop(): void {
    this.#watcher?.close()
    this.#watcher = null
  }
}
