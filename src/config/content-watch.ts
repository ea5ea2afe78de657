import { dirname } from 'node:path'
import type { Milliseconds } from '../options.js'
import type { Clock } from '../upstream/clock.js'
import { FolderWatch } from '../upstream/discovery/folder-watch.js'
import { Bell, sleep } from '../upstream/discovery/stoppable.js'
import { type FileStates, sameFiles, statesOf } from './document/file-states.js'

export interface ContentWatchOptions {
  /** Files as they were when last read; which files these are may change with each time. */
  known(): FileStates
  /** Reads them again, whatever comes of it. */
  changed(): Promise<void>
  /** From a change to the look, and between the looks that must see the same. */
  readonly settleMs: Milliseconds
  /** When to look whether or not the system told of a change, as it doesn't on network file systems. */
  readonly intervalMs: Milliseconds
  readonly clock: Clock
}

/** Who writes all the time is looked at all the same. */
const MOST_LOOKS = 20

/**
 * Follows files by their content: written in place, replaced by a rename, behind symbolic links that are swapped (as Kubernetes does
 * with a ConfigMap), gone and back. Two looks in a row must see the same, so that who writes in pieces gets done.
 */
export class ContentWatch {
  readonly #options: ContentWatchOptions
  readonly #stop = new AbortController()
  readonly #bell = new Bell()
  #folders: ReadonlyMap<string, FolderWatch> = new Map()

  constructor(options: ContentWatchOptions) {
    this.#options = options
    // Ends only with `close`.
    this.#run().catch(() => {})
  }

  close(): void {
    this.#stop.abort()
    for (const folder of this.#folders.values()) folder.close()
  }

  async #run(): Promise<void> {
    const { clock, intervalMs, changed } = this.#options
    const { signal } = this.#stop
    for (;;) {
      // Before the look, so that no change falls between the two.
      this.#follow()
      if (await this.#hasChanged()) await changed()
      else {
        const poll = clock.setTimeout(() => this.#bell.ring(), intervalMs)
        await this.#bell.heard(signal).finally(() => clock.clearTimeout(poll))
      }
      signal.throwIfAborted()
    }
  }

  async #hasChanged(): Promise<boolean> {
    const { known, settleMs, clock } = this.#options
    let seen = await statesOf(known().keys())
    for (let look = 1; look < MOST_LOOKS && !sameFiles(seen, known()); look++) {
      await sleep(settleMs, this.#stop.signal, clock)
      const next = await statesOf(known().keys())
      if (sameFiles(seen, next)) break
      seen = next
    }
    return !sameFiles(seen, known())
  }

  #follow(): void {
    const { known, settleMs, clock } = this.#options
    const wanted = new Set([...known().keys()].map((path) => dirname(path)))
    const ring = (): void => this.#bell.ring()
    for (const [path, folder] of this.#folders) if (!wanted.has(path)) folder.close()
    this.#folders = new Map(
      [...wanted].map((path) => [path, this.#folders.get(path) ?? new FolderWatch(path, ring, settleMs, clock)]),
    )
    for (const folder of this.#folders.values()) folder.start()
  }
}
