import type { Cancel } from '../cancel.js'

/** Waits; rejects at once when what it waits for is given up. */
export function pause(ms: number, cancel: Cancel): Promise<void> {
  let timer: NodeJS.Timeout
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return unlessAborted(cancel, over).finally(() => clearTimeout(timer))
}

/** What a promise comes to, or the reason why nobody wants it any more, whichever is first. */
export function unlessAborted<T>(cancel: Cancel, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    cancel.add(reject)
    promise.then(resolve, reject).finally(() => cancel.remove(reject))
  })
}
