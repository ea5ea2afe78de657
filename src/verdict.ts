import type { Exchange } from './exchange.js'
import type { HeaderMap } from './http/header-map.js'
import type { Milliseconds } from './options.js'
import type { Reply } from './reply.js'

/** A filter's answer to "what would you do?". */
export interface Verdict {
  readonly verdict: 'pass' | 'deny' | 'answer' | 'change' | 'depends'
  /** Never a credential. */
  readonly why: string
  /** Of the reply, where it denies or answers. */
  readonly status?: number | undefined
  /**
   * What the verdict is about. Of `'reply'` the request goes on in any case, and what becomes of its reply is seen when it is there.
   *
   * @default 'request'
   */
  readonly about?: 'request' | 'reply' | undefined
  /**
   * Makes what those behind it would get, where that differs: changed fields, and values set on the exchange. Called on an exchange that
   * is made for the question only, never on a client's.
   *
   * @default the same exchange
   */
  readonly onward?: ((exchange: Exchange) => Exchange) | undefined
  /** Finds out more, where that takes time but asks nobody: a signature or a hash to be verified, a body that is there to be read. */
  readonly workOut?: (() => Promise<Verdict>) | undefined
}

/** A terminal handler's answer to "what would you do?". */
export interface HandlerVerdict {
  /** What it is called, as its factory: `forward`. */
  readonly handler: string
  /**
   * `choose`: it goes one of `ways`, or it is not known yet which; `ask`: it goes all of them; `hand-over`: the framework's own handlers
   * answer.
   */
  readonly verdict: 'forward' | 'answer' | 'deny' | 'choose' | 'ask' | 'hand-over' | 'depends'
  readonly why: string
  /** Of the reply, where that is known. */
  readonly status?: number | undefined
  /** Handlers that would answer in its stead. */
  readonly ways?: readonly Way[] | undefined
  /** What would be sent, and to whom. */
  readonly forward?: ForwardVerdict | undefined
}

/** A handler that another one goes on to. */
export interface Way {
  /** As the handler calls it: a branch, a version, a part. */
  readonly name: string
  /** When it goes there. */
  readonly why: string
  readonly handler: (exchange: Exchange) => Promise<Reply>
  /** What it would get. */
  readonly exchange: Exchange
}

/** What would be sent upstream: plain data. */
export interface ForwardVerdict {
  /** Whom the pool would choose. */
  readonly pick: PoolVerdict
  /** How the endpoint is spoken to; `null` while it is not known which it is. */
  readonly protocol: 'http' | 'https' | 'unix' | 'tcp' | 'local' | null
  readonly method: string
  /** Path and query, with the endpoint's prefix where it is known. */
  readonly path: string
  /** All that would be sent, framing left aside. */
  readonly headers: HeaderMap
  readonly timeouts: {
    readonly connectMs: Milliseconds
    readonly firstByteMs: Milliseconds
    readonly idleMs: Milliseconds
    /** 0 is no limit. */
    readonly totalMs: Milliseconds
  }
  readonly retry: RetryVerdict
  /** After how long a second endpoint is asked, too; `null` for never. */
  readonly hedgeAfterMs: Milliseconds | null
}

/** When a request that failed would be tried again. */
export interface RetryVerdict {
  /** In all; `null` for each endpoint once. */
  readonly attempts: number | null
  /** HAProxy's words, and statuses. */
  readonly on: readonly (string | number)[]
  /** Whether one that may have been acted upon would be sent again. */
  readonly repeats: boolean
  readonly perTryTimeoutMs: Milliseconds
  /** Tokens of the pool's budget. */
  readonly budget: number
}

/** Whom a pool would give a request to: plain data. */
export interface PoolVerdict {
  readonly pool: string
  readonly balancer: string
  /**
   * `chance`: one of `candidates`; `unknown`: the balancer does not tell; `wait`: all are full, and it waits in the queue; `fallback`: see
   * there; `none`: it fails with `status`.
   */
  readonly fate: 'endpoint' | 'chance' | 'unknown' | 'wait' | 'fallback' | 'none'
  /** Name of the one it would be; `null` where that is not certain. */
  readonly endpoint: string | null
  /** Names of those among whom chance decides. */
  readonly candidates: readonly string[]
  readonly why: string
  /** Of the failure, with the fate `none`. */
  readonly status: number | null
  /** Who is passed over, and why. */
  readonly skipped: readonly { readonly endpoint: string; readonly why: string }[]
  /** What the fallback pool says, where it is asked. */
  readonly fallback: PoolVerdict | null
}
