import { EdgeError, type EdgeErrorCode } from '../errors.js'
import type { AttemptTimeouts } from './transport.js'

/** Which limit runs. */
type Phase = 'connect' | 'first-byte' | 'idle'

const EXPIRED: Readonly<Record<Phase, { readonly code: EdgeErrorCode; readonly text: string }>> = {
  connect: { code: 'ERR_EDGE_CONNECT_TIMEOUT', text: 'no connection' },
  'first-byte': { code: 'ERR_EDGE_FIRST_BYTE_TIMEOUT', text: 'no reply' },
  idle: { code: 'ERR_EDGE_IDLE_TIMEOUT', text: 'no further byte of the reply' },
}

/** Whose phases are timed. */
export interface TimedPhases {
  timedOut(error: EdgeError): void
  /** Whether the client is what everybody waits for. */
  waitsForClient(): 'uploading' | 'not-reading' | null
}

/**
 * The one timer of an attempt: connect, then first byte, then idle. undici's own are coarse (200 ms fired at 938 ms) and off.
 *
 * It can be lent to one attempt after the other. A byte only moves the deadline; the timer that is armed already looks at it when
 * it fires, and goes on for the rest: that is cheaper than to move a timer three times per request. It never keeps a process
 * alive: the sockets it watches do.
 *
 * Where the event loop stood still, timers come before what sockets have received meanwhile: a deadline that has passed counts only if it
 * still has once they were read, so that a slow app does not take its upstreams for slow.
 *
 * A client that stalls its own upload, or does not read, is told apart from a slow upstream.
 */
export class PhaseTimer {
  #timeouts: AttemptTimeouts | null = null
  #owner: TimedPhases | null = null
  #timer: NodeJS.Timeout | null = null
  #phase: Phase = 'connect'
  #ms = 0
  #deadline = 0
  #firesAt = 0

  /** Times an attempt, until {@link stop}. */
  lend(timeouts: AttemptTimeouts, owner: TimedPhases): void {
    this.#timeouts = timeouts
    this.#owner = owner
    this.#ms = 0
  }

  /** @param now The time, where the caller has just read it. */
  connecting(now: number = performance.now()): void {
    this.#arm('connect', this.#timeouts?.connectMs ?? 0, now)
  }

  waiting(now: number = performance.now()): void {
    this.#arm('first-byte', this.#timeouts?.firstByteMs ?? 0, now)
  }

  flowing(now: number = performance.now()): void {
    this.#arm('idle', this.#timeouts?.idleMs ?? 0, now)
  }

  /** A byte went either way. */
  progress(): void {
    this.#deadline = performance.now() + this.#ms
  }

  /** The attempt is over; what the timer finds from here on is nobody's. */
  stop(): void {
    this.#owner = null
  }

  /** Nobody will need it again. */
  close(): void {
    this.#owner = null
    this.#clear()
  }

  #arm(phase: Phase, ms: number, now: number): void {
    this.#phase = phase
    this.#ms = ms
    if (ms === 0) return
    this.#deadline = now + ms
    if (this.#timer === null || this.#deadline < this.#firesAt) this.#set(ms)
  }

  #set(ms: number): void {
    this.#clear()
    this.#firesAt = performance.now() + ms
    this.#timer = setTimeout(fired, ms, this).unref()
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** @internal */
  fired(): void {
    this.#timer = null
    if (this.#owner === null || this.#ms === 0) return
    if (!this.#goesOn()) setImmediate(lookAgain, this)
  }

  /** @internal */
  lookAgain(): void {
    // Meanwhile it may have been stopped, or armed for another phase or another attempt.
    if (this.#owner === null || this.#ms === 0 || this.#timer !== null) return
    if (!this.#goesOn()) this.#owner.timedOut(this.#reason(this.#owner))
  }

  #goesOn(): boolean {
    const left = this.#deadline - performance.now()
    if (left < 1) return false
    this.#set(Math.ceil(left))
    return true
  }

  #reason(owner: TimedPhases): EdgeError {
    const client = this.#phase === 'connect' ? null : owner.waitsForClient()
    if (client === 'uploading')
      return new EdgeError('ERR_EDGE_REQUEST_TIMEOUT', `the client sent nothing of its body for ${this.#ms} ms`)
    if (client === 'not-reading')
      return new EdgeError('ERR_EDGE_CLIENT_STALLED', `the client read nothing for ${this.#ms} ms`)
    return new EdgeError(EXPIRED[this.#phase].code, `${EXPIRED[this.#phase].text} within ${this.#ms} ms`)
  }
}

function fired(timer: PhaseTimer): void {
  timer.fired()
}

function lookAgain(timer: PhaseTimer): void {
  timer.lookAgain()
}
