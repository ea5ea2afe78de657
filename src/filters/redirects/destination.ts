import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { parseAuthority } from '../../http/authority.js'
import { originOf } from '../../http/reverse-reference.js'
import { rewriteTarget } from '../../http/target.js'
import { optionError } from '../../options.js'
import { joinQueries } from '../../routing/rewrite.js'
import { aboveBase } from './redirect-reply.js'

/** Judges where a function of the user's wants to send a client; `null` for where nobody is sent. */
export type Judge = (exchange: Exchange, wanted: unknown) => string | null

/** @throws {@link EdgeError} `ERR_EDGE_OPTION` for what is no host. */
export function destination(hosts: readonly string[], keepQuery: boolean): Judge {
  const allowed = new Set(hosts.flatMap(originsOf))
  return (exchange, wanted) => {
    if (typeof wanted !== 'string') {
      // What an async function rejects with must not end the process (H-096).
      if (wanted instanceof Promise) wanted.catch(() => {})
      throw new EdgeError('ERR_EDGE_BAD_VALUE', 'redirect: `to` must return a string, at once')
    }
    const absolute = /^(https?):\/\/([^/?#\\]+)((?:[/?#].*)?)$/is.exec(wanted)
    if (absolute === null) {
      // A browser takes `//`, `/\` and, as it drops tabs, `/<tab>/` for the start of a host.
      if (!/^\/(?![/\\])/.test(wanted)) return null
      const path = canonical(exchange, wanted, keepQuery)
      return path === null ? null : aboveBase(exchange, path)
    }
    const [, scheme = '', authority = '', rest = ''] = absolute
    const origin = originOf(scheme.toLowerCase(), authority)
    if (origin === null || !(isOwn(exchange, origin) || allowed.has(origin))) return null
    const path = canonical(exchange, rest, keepQuery)
    return path === null ? null : `${scheme.toLowerCase()}://${authority.toLowerCase()}${path}`
  }
}

/** The client's own host on the port it asked for; or on the usual one of the other protocol. */
function isOwn({ client }: Exchange, origin: string): boolean {
  const { host, port } = client
  if (host === null) return false
  return [`http://${host}:80`, `https://${host}:443`, `${client.protocol}://${host}:${port}`].includes(origin)
}

/** Path, query and fragment as they may stand in a Location; `null` if they can't be made canonical. */
function canonical({ target }: Exchange, text: string, keepQuery: boolean): string | null {
  const mark = text.indexOf('#')
  const fragment = mark === -1 ? '' : text.slice(mark)
  if (/[^!-~]/.test(fragment)) return null
  try {
    const { path, query } = rewriteTarget(mark === -1 ? text : text.slice(0, mark), { maxPathLength: 16_384 })
    return path + (keepQuery ? joinQueries(query, target.query) : query) + fragment
  } catch {
    return null
  }
}

function originsOf(host: string): (string | null)[] {
  if (parseAuthority(host) === null)
    throw optionError('redirect', 'hosts', host, 'host names, as app.example.com or app.example.com:8443')
  return [originOf('http', host), originOf('https', host)]
}
