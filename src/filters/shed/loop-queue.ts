import type { Milliseconds } from '../../options.js'
import type { Loop } from './loop.js'
import { type Rank, THRESHOLDS } from './priority.js'
import { PriorityShares } from './priority-shares.js'

/** How long the loop must have had no rest before what waits is a queue; what is shorter is a burst, and passes (CoDel, RFC 8289 §4.3). */
const INTERVAL_MS = 100
/** Less idle time than this share of an interval is no rest. */
const LEAST_IDLE = 0.02
/** A queue is over when all that was offered would have taken less of the loop's time than this. */
const CALM = 0.9
/** How much of the way the demand goes in one interval: a lull of 100 ms is none. */
const SMOOTHING = 0.2
/** How long a request of each rank may wait, as a share of `maxQueuedMs`: what is more urgent finds room behind what is less. */
const PATIENCE = [0.5, 1, 2] as const

/**
 * Keeps the queue in front of the event loop short. Requests that have come in meanwhile are served in one turn of the loop, one behind
 * the other, so the last of them has waited for all others, and those of the next turn for this whole one. Once that queue stands, a
 * turn takes in new requests for `sliceMs` only, and sheds the rest; nobody waits for much longer than two of these then.
 *
 * Work that a request does later, behind an `await`, makes turns long without its being seen in the turn in which it came. So a turn
 * that was too long also cuts how many requests the next ones take in, as far as it was too long, and short ones let that grow again. It
 * does not cut how many are in flight: where those are downloads or long polls, that says nothing of work, and nobody would be let in.
 *
 * In front of all that is the queue of new connections, of which Node takes one a turn. Where half of the turns bring one and the loop has
 * no rest, others wait there: then less is let in, so that turns become short, until the loop rests.
 *
 * That a queue stands is told by the loop's idle time, as in CoDel and Facebook's use of it for servers ("Fail at Scale", ACM Queue 13(8),
 * 2015): one that was idle at any time in the last interval had no queue then.
 */
export class LoopQueue {
  readonly #sliceMs: Milliseconds
  readonly #loop: Loop
  readonly #shares = new PriorityShares()
  /** Whether there is a queue. */
  standing = false
  /** What was offered in an interval would have kept the loop busy for this many intervals. */
  #demand = 0
  /** Most requests that a turn takes in. */
  #limit = Number.POSITIVE_INFINITY
  // The turn under way.
  #inTurn = false
  #turnAt = 0
  #asked = 0
  #taken = 0
  // The interval under way.
  #since: number
  #idle: number
  #turns = 0
  #connections = 0
  #offered = 0
  #admitted = 0
  readonly #endTurn = (): void => {
    this.#inTurn = false
  }

  constructor(sliceMs: Milliseconds, loop: Loop) {
    this.#sliceMs = sliceMs
    this.#loop = loop
    this.#since = loop.now()
    this.#idle = loop.idle()
  }

  /** Takes a request in, or not. @param isFirst Of its connection. */
  admits(rank: Rank, isFirst: boolean): boolean {
    const now = this.#loop.now()
    if (!this.#inTurn) this.#beginTurn(now)
    if (isFirst) this.#connections++
    const admitted = this.#judge(rank, now - this.#turnAt)
    this.#asked++
    if (admitted) this.#taken++
    return admitted
  }

  #judge(rank: Rank, waitedMs: Milliseconds): boolean {
    // The turn alone has lasted for an interval.
    if (waitedMs > INTERVAL_MS) this.#stand()
    if (!this.standing) return true
    const admitted =
      waitedMs <= this.#sliceMs * PATIENCE[rank] &&
      this.#taken < Math.ceil(this.#limit * THRESHOLDS[rank]) &&
      this.#shares.admits(rank)
    this.#shares.count(rank, admitted)
    return admitted
  }

  #beginTurn(now: number): void {
    if (this.standing) this.#adapt(now - this.#turnAt)
    this.#inTurn = true
    this.#turnAt = now
    this.#turns++
    this.#offered += this.#asked
    this.#admitted += this.#taken
    this.#asked = 0
    this.#taken = 0
    this.#loop.afterPoll(this.#endTurn)
    if (now - this.#since >= INTERVAL_MS) this.#review(now)
  }

  /** Fits what a turn takes in to how long the last one was. */
  #adapt(turnMs: Milliseconds): void {
    const aim = 2 * this.#sliceMs
    if (turnMs > aim) this.#limit = Math.max(1, Math.floor(this.#taken * Math.max(0.1, aim / turnMs)))
    else if (this.#asked > this.#limit) this.#limit += Math.max(1, this.#limit * 0.05)
  }

  #review(now: number): void {
    const idle = this.#loop.idle()
    const elapsed = now - this.#since
    const busy = 1 - (idle - this.#idle) / elapsed
    const demand = (busy * this.#offered) / Math.max(1, this.#admitted)
    this.#demand += (demand - this.#demand) * (this.standing ? SMOOTHING : 1)
    // An interval without requests in between has no say.
    if (elapsed > 10 * INTERVAL_MS) this.#demand = 0
    const restless = busy > 1 - LEAST_IDLE
    if (restless) this.#stand()
    else if (this.#demand < CALM) this.#calm()
    if (this.standing) this.#shares.adapt(restless && this.#connections * 2 >= this.#turns)
    this.#since = now
    this.#idle = idle
    this.#turns = 0
    this.#connections = 0
    this.#offered = 0
    this.#admitted = 0
  }

  #stand(): void {
    if (this.standing) return
    this.standing = true
    this.#demand = Math.max(1, this.#demand)
  }

  #calm(): void {
    this.standing = false
    this.#limit = Number.POSITIVE_INFINITY
    this.#shares.reset()
  }
}
