/** Something that takes connections, on its way out. */
export interface Departure {
  /** Tells clients to take their next request elsewhere; what comes is still served. */
  leave(): void
  /** Takes no new connections; resolves when the last one is gone. */
  stop(): PromiseLike<unknown>
  /** Ends what is left now. Returns how many connections that were. */
  cut(): number
  /** Knows no more of it. */
  forget(): void
}
