// The ten endpoints of which one is slow, the same for the simulation and for real sockets.

const endpoints = 10
const workers = 4
const serviceMs = 40
const load = 0.65

export const model = {
  endpoints,
  /** Requests that one endpoint works on at a time; the others wait there. */
  workers,
  serviceMs,
  /** Share of what all can do while they are well. */
  load,
  perSecond: (load * endpoints * workers * 1000) / serviceMs,
  /** Which one is slow, and how many times as long it takes. Neither first nor last, so that no order favours it. */
  slow: 4,
  slowness: 10,
  /** In flight at one endpoint. Without it, round robin would pile up requests at the slow one for as long as the run is. */
  maxConnections: 16,
  /** Different keys for the hash strategies. */
  keys: 10_000,
}
