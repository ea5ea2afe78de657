// Makes an upstream fail and recover, over and over, until stopped; then it is on.

/**
 * @param {{ on(): Promise<void>, off(): Promise<void> }} upstream
 * @param {{ onMs: number, offMs: number }} rhythm
 */
export function flake(upstream, { onMs, offMs }) {
  const ending = new AbortController()
  const done = (async () => {
    while (await wait(onMs)) {
      await upstream.off()
      await wait(offMs)
      await upstream.on()
    }
  })()
  return {
    async stop() {
      ending.abort()
      await done
    },
  }

  /** True when the time is over, false when there is no more to wait for. */
  function wait(ms) {
    if (ending.signal.aborted) return false
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        ending.signal.removeEventListener('abort', end)
        resolve(!ending.signal.aborted)
      }
      const timer = setTimeout(end, ms)
      ending.signal.addEventListener('abort', end)
    })
  }
}
