import type { EventEmitter } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { eventually } from '../../src/testing/eventually.js'

export interface DrainedOptions {
  /** Emitters, by the name to report, whose listeners must go too. @default none */
  readonly emitters?: Readonly<Record<string, EventEmitter>> | undefined
  /** Time to wait for things to go. @default 2000 */
  readonly timeoutMs?: number | undefined
  /** Whether open files are counted (Linux only). @default true */
  readonly files?: boolean | undefined
}

/** What keeps a process busy over time; requests to the file system and immediates pass by themselves. */
const LASTING = /Socket|Server|TLS|TCP|Pipe|Timeout|Process|Worker|UDP|Zlib|Brotli/i

/**
 * Takes stock of sockets, servers, timers, open files and listeners; the function it returns waits until there are no more of
 * them than at the start. It compares counts: what was there at the start and goes meanwhile makes room for a leak of its kind,
 * so call it when nothing else is under way.
 *
 * @throws Error (from the returned function) naming what is left after `timeoutMs`.
 */
export function drained(options: DrainedOptions = {}): () => Promise<void> {
  const { emitters = {}, timeoutMs = 2_000, files = process.platform === 'linux' } = options
  const take = (): Map<string, number> => stock(emitters, files)
  const before = take()
  return async () => {
    let left: string[] = []
    const gone = (): boolean => {
      left = [...take()]
        .filter(([what, count]) => count > (before.get(what) ?? 0))
        .map(([what, count]) => `${what}: ${count}, was ${before.get(what) ?? 0}`)
      return left.length === 0
    }
    await eventually(gone, { timeoutMs, intervalMs: 10 }).catch(() => {
      throw new Error(`not drained after ${timeoutMs} ms: ${left.join('; ')}`)
    })
  }
}

function stock(emitters: Readonly<Record<string, EventEmitter>>, files: boolean): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (LASTING.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  for (const [name, emitter] of Object.entries(emitters)) {
    for (const event of emitter.eventNames()) {
      counts.set(`listeners of ${name} for ${String(event)}`, emitter.listenerCount(event))
    }
  }
  if (files) {
    for (const what of openFiles()) counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return counts
}

/** What the open file descriptors lead to; devices and the event loop's own are left out, as Node opens them when it first needs them. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    let target: string
    try {
      target = readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return [] // The one that the listing itself had open.
    }
    if (/^(?:\/dev\/|anon_inode:|\/proc\/)/.test(target)) return []
    return [`open ${target.replace(/:\[\d+\]$/, '')}`]
  })
}
