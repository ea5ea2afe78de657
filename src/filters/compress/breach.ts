import type { Exchange } from '../../exchange.js'
import type { Reply } from '../../reply.js'
import { principalOf } from '../auth/principal.js'

/** See the option of the same name of `compress()`. */
export type BreachGuard = 'cross-site' | 'credentials' | false

/**
 * Whether the length of this reply, compressed, might tell an attacker a secret that is in it (BREACH, Gluck, Harris and Prado 2013;
 * H-169). The attack lets a victim's browser ask thousands of times, from the attacker's page, with guesses that the reply repeats
 * next to the secret, and with the victim's cookies.
 */
export function mayLeak(exchange: Exchange, reply: Reply, guard: BreachGuard): boolean {
  if (guard === false) return false
  const { headers } = exchange
  if (guard === 'credentials')
    return (
      headers['cookie'] !== undefined ||
      headers['authorization'] !== undefined ||
      principalOf(exchange) !== undefined ||
      reply.headers['set-cookie'] !== undefined
    )
  // A page can't set these fields, nor keep the browser from sending them; `?1` is one click or key, which nobody makes in thousands.
  if (headers['sec-fetch-site'] !== 'cross-site' || headers['sec-fetch-user'] === '?1') return false
  return (
    headers['cookie'] !== undefined ||
    isAmbient(headers['authorization'] as string | undefined) ||
    AMBIENT.has(principalOf(exchange)?.scheme ?? '')
  )
}

/** Schemes of principals whose credentials a browser adds by itself, and an authenticator may have taken away since. */
const AMBIENT: ReadonlySet<string> = new Set(['basic', 'certificate'])

/** Whether a browser adds these credentials by itself (Basic, Negotiate); a token is added by a script that knows it. */
function isAmbient(authorization: string | undefined): boolean {
  return authorization !== undefined && !/^bearer /i.test(authorization)
}
