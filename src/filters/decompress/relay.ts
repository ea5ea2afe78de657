import { type Body, StreamBody } from '../../body.js'

/**
 * A stream fed from a body, chunk by chunk, by what looks at each: it pushes what is to go on, or fails the stream, which lets the body go.
 *
 * @param step Returns what `push` did.
 * @param finish What to do at the body's end.
 */
export function relay(
  body: Body,
  step: (chunk: Uint8Array, out: StreamBody) => boolean,
  finish: (out: StreamBody) => void = (out) => out.end(),
): StreamBody {
  const cancel = (reason: Error): void => {
    if (body.kind === 'stream') body.cancel(reason)
  }
  const out = new StreamBody(
    {
      open: () => {
        if (body.kind === 'stream') {
          return body.attach({
            write: (chunk) => {
              const room = step(chunk, out)
              if (out.failure !== null) cancel(out.failure)
              return room
            },
            end: () => finish(out),
            fail: (error) => out.fail(error),
          })
        }
        if (body.kind === 'bytes') step(body.bytes, out)
        finish(out)
      },
      pause: () => {},
      resume: () => {
        if (body.kind === 'stream') body.resume()
      },
      cancel,
    },
    undefined,
  )
  return out
}
