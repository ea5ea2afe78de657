/** Something that takes connections, on its way out. */
export interface Departure {
  /** Tells clients to take their next request elsewhere; what comes is still served. */
  leave(): void
  /** Takes no new connections. */
  stop(): Stopping
  /** Ends what is left now. Returns how many connections that were. */
  cut(): number
  /** Knows no more of it. */
  forget(): void
}

/** What is still to come of those that are there. */
export interface Stopping {
  /** Resolves when no more requests can come, but on connections whose request is under way. */
  readonly asked: Promise<unknown>
  /** Resolves when the last connection is gone. */
  readonly gone: Promise<unknown>
}
