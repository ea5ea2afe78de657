import { setImmediate } from 'node:timers/promises'
import { EdgeError } from '../errors.js'
import { type EventHub, events as sharedEvents } from '../events.js'
import { type Bytes, check, checkOptions, type Milliseconds } from '../options.js'
import { Availability } from './availability.js'
import { type RedisArgument, type RedisClientLike, type RedisNode, type RedisReply, toNode } from './client.js'
import { meansDown, replyWord, wordsOf } from './reply-error.js'
import type { RedisScript } from './script.js'
import { Waiting } from './waiting.js'

export interface RedisConnectionOptions {
  /** What `store` events call it. @default 'redis' */
  readonly name?: string | undefined
  /** Stands before every key. @default 'edgewise:' */
  readonly keyPrefix?: string | undefined
  /**
   * The longest that a request waits for one answer. A Redis nearby answers in about a millisecond, and its pauses (the fork for a
   * snapshot, a slow script) last tens; whoever waits longer than this would be served sooner without it.
   *
   * @default 100
   */
  readonly timeoutMs?: Milliseconds | undefined
  /** Between two questions whether it is back. @default 500 */
  readonly probeMs?: Milliseconds | undefined
  /** Commands that may be without an answer at once, given up ones included: the client still holds these. @default 1000 */
  readonly maxPending?: number | undefined
  /** What their arguments may add up to. @default 16 MiB */
  readonly maxPendingBytes?: Bytes | undefined
  /** Where `store` events go. @default the shared hub */
  readonly events?: EventHub | undefined
}

/** A Redis that holds nobody up. Every method rejects with `ERR_EDGE_STORE` (503), its cause beside it, whatever went wrong. */
export interface RedisConnection {
  readonly name: string
  readonly keyPrefix: string
  /** Whether it is known to answer. While it is not, commands are refused at once. */
  readonly up: boolean
  /** Whether keys live on several nodes, so that one command can't name any two of them. */
  readonly cluster: boolean
  /** Sends one command; its key is its first argument. */
  call(command: string, key: string, ...args: readonly RedisArgument[]): Promise<RedisReply>
  /** Runs a script on keys that live together; where Redis does not know it (any more), its text is sent. */
  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply>
  /** All keys with a prefix, in batches, from every node of a cluster. Keys that come or go meanwhile may be left out; some may come twice. */
  keys(prefix: string): AsyncIterable<readonly string[]>
  /** What an error inside a reply means, as of a script that goes on past one: it is told of like any other, and made what to reject with. */
  refusal(command: string, error: Error): EdgeError
  /** Ends its timers and lets go of the client, which stays open. */
  close(): void
}

const SCAN_COUNT = '200'

/** What keys begin with, unless the application says otherwise. */
export const USUAL_PREFIX = 'edgewise:'

/**
 * Makes a Redis safe to stand in a request's way: bounded waits, a bounded number of them, and none at all while it is down. Takes a
 * client of `ioredis`, `iovalkey` or `redis`, alone or of a cluster, which the application made, shares and closes.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 *
 * const connection = redisConnection(new Redis('redis://10.0.0.5'))
 * ```
 */
export function redisConnection(client: RedisClientLike, options: RedisConnectionOptions = {}): RedisConnection {
  checkOptions('redisConnection', options, {
    name: check.string,
    keyPrefix: check.string,
    timeoutMs: check.duration,
    probeMs: check.duration,
    maxPending: check.whole(1, 1_000_000),
    maxPendingBytes: check.whole(1, Number.MAX_SAFE_INTEGER),
    events: check.object,
  })
  return new Connection(client, toNode(client, 'redisConnection'), options)
}

class Connection implements RedisConnection {
  readonly name: string
  readonly keyPrefix: string
  readonly cluster: boolean
  readonly #node: RedisNode
  readonly #timeoutMs: Milliseconds
  readonly #events: EventHub
  readonly #waiting: Waiting
  readonly #availability: Availability
  readonly #letGo: () => void
  #refusedAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(client: RedisClientLike, node: RedisNode, options: RedisConnectionOptions) {
    this.name = options.name ?? 'redis'
    this.keyPrefix = options.keyPrefix ?? USUAL_PREFIX
    this.cluster = node.cluster
    this.#node = node
    this.#timeoutMs = options.timeoutMs ?? 100
    this.#events = options.events ?? sharedEvents
    this.#waiting = new Waiting({
      timeoutMs: this.#timeoutMs,
      maxCommands: options.maxPending ?? 1_000,
      maxBytes: options.maxPendingBytes ?? 16 * 1024 * 1024,
    })
    this.#availability = new Availability({
      probe: () => this.#probe(),
      startMs: this.#timeoutMs,
      retryMs: options.probeMs ?? 500,
      onChange: (change, why) => this.#events.emit('store', { store: this.name, change, why }),
    })
    // Without a listener, node-redis would take the process down with the connection; commands tell the same.
    const listener = (): void => {}
    const emitter = client as unknown as NodeJS.EventEmitter
    emitter.on('error', listener)
    this.#letGo = () => emitter.off('error', listener)
  }

  get up(): boolean {
    return this.#availability.up
  }

  call(command: string, key: string, ...args: readonly RedisArgument[]): Promise<RedisReply> {
    return this.#send(this.#node, [command, key, ...args], key)
  }

  run(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply> {
    const rest = [String(keys.length), ...keys, ...args]
    return this.#send(this.#node, ['EVALSHA', script.sha, ...rest], keys[0]).catch((error) => {
      if (replyWord((error as Error).cause) !== 'NOSCRIPT') throw error
      return this.#send(this.#node, ['EVAL', script.lua, ...rest], keys[0])
    })
  }

  async *keys(prefix: string): AsyncGenerator<readonly string[]> {
    const pattern = `${prefix.replace(/[*?[\]\\]/g, '\\$&')}*`
    for (const node of await this.#bounded(['SCAN'], () => this.#node.masters())) {
      let cursor = '0'
      do {
        const scan = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT]
        const [next, found] = (await this.#send(node, scan, undefined)) as [Buffer, Buffer[]]
        cursor = String(next)
        if (found.length > 0) yield found.map(String)
      } while (cursor !== '0')
    }
  }

  refusal(command: string, error: unknown): EdgeError {
    if (error instanceof EdgeError) return error
    if (meansDown(error)) {
      this.#availability.down(wordsOf(error))
      return this.#failure(`could not do ${command}`, error)
    }
    const word = replyWord(error)
    this.#availability.answered()
    if (word !== 'NOSCRIPT' || command !== 'EVALSHA') this.#tellRefusal(`${command}: ${wordsOf(error)}`)
    return this.#failure(`answered ${command} with ${word}`, error)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#availability.close()
    this.#waiting.close()
    this.#letGo()
  }

  #send(node: RedisNode, command: readonly RedisArgument[], key: string | undefined): Promise<RedisReply> {
    return this.#bounded(command, () => node.send(command, key) as Promise<RedisReply>)
  }

  /** Does what a command asks of the client, if there is room and somebody to answer, and waits for that as long as a request can. */
  #bounded<T>(command: readonly RedisArgument[], act: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#failure('is closed'))
    if (!this.#availability.unknown && !this.#availability.up) return Promise.reject(this.#failure('is down'))
    if (!this.#waiting.room(command)) return Promise.reject(this.#failure('has too much to do'))
    return new Promise((resolve, reject) => {
      const waiter = this.#waiting.enter(command, (name) => {
        const why = `did not answer ${name} within ${this.#timeoutMs} ms`
        this.#availability.timedOut(why)
        reject(this.#failure(why))
      })
      const done = this.#availability.unknown ? this.#whenKnown(act) : this.#whenUp(act)
      done.then(
        (reply) => {
          if (!this.#waiting.leave(waiter)) return
          this.#availability.answered()
          resolve(reply)
        },
        (error) => {
          if (this.#waiting.leave(waiter)) reject(this.refusal(waiter.command, error))
        },
      )
    })
  }

  async #whenKnown<T>(act: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => this.#availability.whenKnown(resolve))
    return this.#whenUp(act)
  }

  #whenUp<T>(act: () => Promise<T>): Promise<T> {
    // A client without a connection would keep the command for the next one, and a reply stored then could be one purged since.
    if (this.#availability.up && !this.#node.ready()) this.#availability.down('the client has no connection')
    if (!this.#availability.up) return Promise.reject(this.#failure('is down'))
    try {
      return act()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #probe(): Promise<void> {
    // Not PING, which on a cluster goes anywhere: a question about a key also tells whether its slot is served.
    await this.#node.send(['EXISTS', this.keyPrefix], this.keyPrefix)
    // The answer to a command that waited for a new connection is there before node-redis calls itself ready.
    if (!this.#node.ready()) await setImmediate()
  }

  #tellRefusal(why: string): void {
    const now = performance.now()
    if (now - this.#refusedAt < 1_000) return
    this.#refusedAt = now
    this.#events.emit('store', { store: this.name, change: 'refused', why })
  }

  #failure(what: string, cause?: unknown): EdgeError {
    return new EdgeError('ERR_EDGE_STORE', `store "${this.name}" ${what}`, cause === undefined ? {} : { cause })
  }
}
