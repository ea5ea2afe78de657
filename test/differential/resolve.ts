import type { Forwarded } from './steps.js'

/** What an upstream makes of a message, whichever way it is spelled: two spellings that an upstream reads alike are the same. */
export interface Meaning {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: string
  readonly body: string
}

const UNRESERVED = /^[A-Za-z0-9\-._~]$/

/** Reads absolute-form as its path and host, decodes what needs no escape, merges slashes and resolves dot segments (RFC 3986 §6.2.2). */
export function meaningOf({ method, target, host, body }: Forwarded): Meaning {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target)
  const [, authority = '', tail = ''] = absolute ?? []
  const rest = absolute === null ? target : tail.startsWith('/') ? tail : `/${tail}`
  const mark = rest.indexOf('?')
  const query = mark === -1 ? '' : rest.slice(mark)
  const named = absolute === null ? host : authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  return { method, host: named, path: resolved(mark === -1 ? rest : rest.slice(0, mark)), query, body }
}

function resolved(path: string): string {
  if (!path.startsWith('/')) return path
  const spelled = path
    .replace(/%([0-9A-Fa-f]{2})/g, (triplet, hex: string) => {
      const char = String.fromCharCode(Number.parseInt(hex, 16))
      return UNRESERVED.test(char) ? char : triplet.toUpperCase()
    })
    .replace(/["<>^`{}|[\]\x7f-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/\/+/g, '/')
  const out: string[] = []
  for (const segment of spelled.split('/').slice(1)) {
    if (segment === '..') out.pop()
    else if (segment !== '.') out.push(segment)
  }
  return `/${out.join('/')}${/\/\.{1,2}$/.test(spelled) && out.length > 0 ? '/' : ''}`
}
