import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { defineFilter, type Filter } from '../../filter.js'
import { check, checkOptions, optionError } from '../../options.js'

export interface RewriteMethodOptions {
  /** Methods to rewrite. @default any */
  readonly from?: readonly string[] | undefined
  /** The method to send; or a function that says so, `undefined` for the one that came. */
  readonly to: string | ((exchange: Exchange) => string | undefined)
}

/** RFC 9110 §9.1; what a proxy treats otherwise than the rest may not come out of a rule. */
const METHOD = /^(?!(?:CONNECT|TRACE)$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/

/**
 * Changes the method that is sent upstream. Upgrades keep theirs: a handshake is a GET.
 *
 * Routes, limits and access rules in front of this filter have judged the method that came: where the client chooses the new one, as
 * by `X-HTTP-Method-Override`, say in `from` and in the function which ones it may choose.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`; for what a function returns, `ERR_EDGE_BAD_VALUE`.
 * @example
 * ```ts
 * const override = rewriteMethod({
 *   from: ['POST'],
 *   to: ({ headers }) => (headers['x-http-method-override'] === 'PATCH' ? 'PATCH' : undefined),
 * })
 * ```
 */
export function rewriteMethod(options: RewriteMethodOptions): Filter {
  checkOptions('rewriteMethod', options, {
    from: check.strings,
    to: (value) =>
      typeof value === 'function' || (typeof value === 'string' && METHOD.test(value))
        ? undefined
        : 'a method other than CONNECT and TRACE, or a function',
  })
  const { from, to } = options
  if (to === undefined) throw optionError('rewriteMethod', 'to', to, 'a method, or a function')
  const subject = from === undefined ? null : new Set(from)
  const rewrite = (exchange: Exchange): string => {
    const { method, upgrade } = exchange
    if (upgrade !== null || subject?.has(method) === false) return method
    return typeof to === 'string' ? to : checked(to(exchange) ?? method)
  }
  return defineFilter(
    {
      filterName: 'rewriteMethod',
      explain: (exchange) => {
        const method = rewrite(exchange)
        return method === exchange.method
          ? { verdict: 'pass', why: 'the method stays' }
          : { verdict: 'change', why: `sends ${method}`, onward: (copy) => copy.with({ method }) }
      },
    },
    (exchange, next) => {
      const method = rewrite(exchange)
      return next(method === exchange.method ? exchange : exchange.with({ method }))
    },
  )
}

function checked(method: unknown): string {
  if (typeof method === 'string' && METHOD.test(method)) return method
  // What an async function rejects with must not end the process (H-096).
  if (method instanceof Promise) method.catch(() => {})
  throw new EdgeError('ERR_EDGE_BAD_VALUE', 'a rewrite returned a method that cannot be sent')
}
