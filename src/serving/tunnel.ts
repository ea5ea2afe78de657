import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { closeFrame } from '../http/websocket-frames.js'
import type { Tunnel } from '../reply.js'
import type { TunnelCounts, Tunneled, TunnelSummary } from '../tunnels.js'
import { Flow } from './tunnel-flow.js'

/** How long a side may take to answer a close frame or a FIN. */
const CLOSE_MS = 2_000
/** How long a slow reader may take over what was sent before the end. */
const FLUSH_MS = 10_000
/** Looks per idle time: silence is noticed at most a quarter late, and a chunk costs nothing; to set a timer back costs 0.2 µs. */
const LOOKS = 4
/** Going away (RFC 6455 §7.4.1): what a server sends that shuts down, and customary for an idle connection, too. */
const GOING_AWAY = 1001
/** What is said of an end without a close frame; never sent (§7.1.5). */
const ABNORMAL = 1006

/**
 * Joins a client's connection to an upstream's, bytes both ways with back-pressure. When one side ends, the other is ended behind
 * what was sent; when both are silent for the tunnel's idle time, or it has to go, each side gets a close frame.
 *
 * @param onClose Told once both have closed.
 */
export function joinTunnel(client: Duplex, tunnel: Tunnel, onClose: (summary: TunnelSummary) => void): Tunneled {
  return new JoinedTunnel(client, tunnel, onClose)
}

type Side = 'client' | 'upstream'

class JoinedTunnel implements Tunneled {
  readonly #client: Duplex
  readonly #upstream: Duplex
  readonly #in: Flow
  readonly #out: Flow
  readonly #onClose: (summary: TunnelSummary) => void
  /** Once it has to go: what each side is told. */
  #goodbye: { readonly client: Uint8Array; readonly upstream: Uint8Array } | null = null
  /** Sides that send no more. */
  readonly #ended = new Set<Side>()
  #closed = 0
  #closedBy: TunnelSummary['closedBy'] | null = null
  #closeCode: number = ABNORMAL
  #timer: NodeJS.Timeout | undefined
  #lastBytes = 0
  #silentLooks = 0

  constructor(client: Duplex, tunnel: Tunnel, onClose: (summary: TunnelSummary) => void) {
    const { socket: upstream, head, idleMs = 0, owner } = tunnel
    this.#client = client
    this.#upstream = upstream
    this.#onClose = (summary) => {
      owner?.shut(this, summary)
      onClose(summary)
    }
    this.#in = new Flow(client, upstream, true, () => this.#moved('client', this.#in))
    this.#out = new Flow(upstream, client, false, () => this.#moved('upstream', this.#out))
    this.#watch('client', client, this.#in, this.#out)
    this.#watch('upstream', upstream, this.#out, this.#in)
    if (idleMs > 0) this.#timer = setInterval(() => this.#look(), Math.ceil(idleMs / LOOKS)).unref()
    if (head.byteLength > 0) {
      this.#out.take(head)
      this.#moved('upstream', this.#out)
    }
    owner?.open(this)
  }

  get counts(): TunnelCounts {
    const [received, sent] = [this.#in, this.#out]
    return {
      bytes: { in: received.bytes, out: sent.bytes },
      frames: { in: received.frames.frames, out: sent.frames.frames },
      messages: { in: received.frames.messages, out: sent.frames.messages },
    }
  }

  /**
   * The client is told first: what it has sent by the time it knows gets through, and its answer, passed on, closes the upstream. One
   * that has no answer is not waited for: then the upstream is told, too.
   */
  end(reason: string): void {
    if (this.#ended.size > 0 || this.#goodbye !== null) return
    this.#goodbye = {
      client: closeFrame(GOING_AWAY, reason),
      upstream: closeFrame(GOING_AWAY, reason, randomBytes(4)),
    }
    this.#began('edge', GOING_AWAY)
    // One that has closed by itself waits for the upstream's answer.
    if (!this.#in.told) this.#tell(this.#out, this.#goodbye.client)
    this.#arm(CLOSE_MS, () => {
      this.#tellAll()
      this.#arm(CLOSE_MS, () => this.#cut())
    })
    this.#settle()
  }

  destroy(): void {
    this.end('drain')
    this.#tellAll()
    this.#cut()
  }

  #watch(who: Side, side: Duplex, from: Flow, to: Flow): void {
    const ended = (): void => this.#sideEnded(who, side, from, to)
    const closed = (): void => this.#sideClosed(who, side, from, to)
    side.on('error', () => side.destroy())
    // A filter may have taken its time over the 101: what ended or closed meanwhile tells nobody again.
    if (side.readableEnded) queueMicrotask(ended)
    else side.on('end', ended)
    if (side.closed) queueMicrotask(closed)
    else side.on('close', closed)
  }

  #moved(who: Side, { frames }: Flow): void {
    if (frames.closeCode !== null) this.#began(who, frames.closeCode)
    if (this.#goodbye !== null) this.#settle()
  }

  #look(): void {
    const now = this.#in.bytes + this.#out.bytes
    this.#silentLooks = now === this.#lastBytes ? this.#silentLooks + 1 : 0
    this.#lastBytes = now
    if (this.#silentLooks >= LOOKS) this.end('idle')
  }

  /** Notes who began to close it, and how; what follows is the answer. */
  #began(who: TunnelSummary['closedBy'], code: number): void {
    if (this.#closedBy !== null) return
    this.#closedBy = who
    this.#closeCode = code
  }

  get #framed(): boolean {
    return this.#in.frames.sound && this.#out.frames.sound
  }

  #tell(flow: Flow, goodbye: Uint8Array): void {
    if (this.#framed) flow.close(goodbye)
    else flow.end()
  }

  #tellAll(): void {
    if (this.#goodbye === null) return
    this.#tell(this.#out, this.#goodbye.client)
    this.#tell(this.#in, this.#goodbye.upstream)
  }

  /** Ends, while it has to go, what has been closed from both ends (RFC 6455 §7.1.1). */
  #settle(): void {
    const { frames: received, told: upstreamTold } = this.#in
    const { frames: sent, told: clientTold } = this.#out
    if (clientTold && received.closeCode !== null) this.#out.end()
    if (upstreamTold && sent.closeCode !== null) this.#in.end()
  }

  #sideEnded(who: Side, side: Duplex, from: Flow, to: Flow): void {
    this.#ended.add(who)
    // That the other side is told by a FIN only is the truth: no closing handshake has been begun (§7.1.5).
    this.#began(who, ABNORMAL)
    // Unless it is we who let it go.
    this.#tellAll()
    from.end()
    if (!side.writable) to.stop()
    // An HTTP/2 stream that its peer has reset does not close while bytes wait that nobody will take.
    if ((side as Duplex & { readonly aborted?: boolean }).aborted === true) side.destroy()
    if (this.#ended.size > 1) return
    this.#arm(CLOSE_MS, () => this.#late())
  }

  #sideClosed(who: Side, side: Duplex, from: Flow, to: Flow): void {
    if (!this.#ended.has(who)) this.#sideEnded(who, side, from, to)
    to.stop()
    // Nothing more comes of an upstream whose client is gone, but its part of a closing handshake.
    if (who === 'client' && !from.told) this.#upstream.end(() => this.#upstream.destroy())
    if (++this.#closed < 2) return
    clearTimeout(this.#timer)
    const closeCode = this.#framed ? this.#closeCode : null
    this.#onClose({ ...this.counts, closeCode, closedBy: this.#closedBy ?? who })
  }

  #late(): void {
    const waiting = this.#client.writableLength + this.#upstream.writableLength
    if (waiting > 0) this.#arm(FLUSH_MS, () => this.#cut())
    else this.#cut()
  }

  #cut(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }

  #arm(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms).unref()
  }
}
