import { type Discovery, type EndpointList, type FollowDiscoveryOptions, followDiscovery } from 'edgewise'
import { eventually } from '../../support/index.js'

/** What a source has told so far. */
export interface Followed extends Disposable {
  readonly lists: readonly EndpointList[]
  readonly failures: readonly string[]
  /** URLs of the last list. */
  urls(): string[]
  /** Waits for the list with exactly these URLs. */
  has(...urls: readonly string[]): Promise<void>
  /** Waits for trouble that matches. */
  fails(pattern: RegExp, times?: number): Promise<void>
}

/** Follows a source, and remembers. Starts a source that threw again at once, so to say. */
export function follow(discovery: Discovery, options: Partial<FollowDiscoveryOptions> = {}): Followed {
  const lists: EndpointList[] = []
  const failures: string[] = []
  const stop = followDiscovery(discovery, {
    apply: (list) => void lists.push(list),
    failed: (error) => void failures.push(error.message),
    minBackOffMs: 20,
    maxBackOffMs: 40,
    ...options,
  })
  const urls = (): string[] =>
    (lists.at(-1) ?? []).map((each) =>
      typeof each === 'string' || each instanceof URL ? String(each) : String(each.url),
    )
  return {
    lists,
    failures,
    urls,
    async has(...wanted) {
      await eventually(() => lists.length > 0 && JSON.stringify(urls()) === JSON.stringify(wanted), {
        timeoutMs: 5_000,
      }).catch(() => {
        throw new Error(
          `has ${JSON.stringify(urls())}, not ${JSON.stringify(wanted)}; failures: ${failures.slice(-3).join(', ')}`,
        )
      })
    },
    async fails(pattern, times = 1) {
      await eventually(() => failures.filter((each) => pattern.test(each)).length >= times, { timeoutMs: 5_000 }).catch(
        () => {
          throw new Error(`no ${pattern} ${times} times in ${JSON.stringify(failures)}`)
        },
      )
    },
    [Symbol.dispose]: stop,
  }
}
