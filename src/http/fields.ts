/** What an edge does with a field, decided once per name. */
export const FieldKind = {
  /** Ends at this hop (RFC 9110 §7.6.1): never forwarded, in either direction. */
  hop: 1,
  /** May stand once only; a repeated one is an attack or a broken peer (H-012, H-026). */
  singleton: 2,
  /** Tells where a request came from: believed from trusted peers, else dropped (H-060, H-061). */
  forwarding: 3,
  /** Read by the field pass itself. */
  connection: 4,
  transferEncoding: 5,
  contentLength: 6,
  te: 7,
  upgrade: 8,
  setCookie: 9,
  challenge: 10,
  cookie: 11,
  /** Would be read as one of these by an upstream that folds `_` into `-` (CGI, WSGI, Rack: H-062). */
  alias: 12,
  /** Any other name with `_`: kept or dropped as the gateway says. */
  underscored: 13,
} as const

/** A field name as it is compared, and what it is. */
export interface Field {
  readonly name: string
  /** `undefined` for an ordinary end-to-end field. */
  readonly kind: number | undefined
  /** How its line begins in a request; `null` for what no line may begin with: no name at all, or one that frames or belongs to the hop. */
  readonly line: string | null
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** This hop's to say, and nobody else's (RFC 9112 §6, RFC 9110 §7.6.1). */
const FRAMING: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'trailer',
])

const kinds = new Map<string, number>()
const define = (kind: number, names: string): void => {
  for (const name of names.split(' ')) kinds.set(name, kind)
}
define(
  FieldKind.hop,
  'keep-alive proxy-connection http2-settings proxy-authorization proxy-authenticate trailer expect',
)
define(
  FieldKind.singleton,
  'host content-type authorization origin referer range if-range if-modified-since if-unmodified-since content-range max-forwards user-agent from sec-websocket-key sec-websocket-version location',
)
define(
  FieldKind.forwarding,
  'x-forwarded-for x-forwarded-proto x-forwarded-protocol x-forwarded-host x-forwarded-port x-forwarded-prefix x-forwarded-uri x-forwarded-path x-forwarded-method x-forwarded-server x-forwarded-ssl x-forwarded-scheme x-real-ip x-original-url x-original-uri x-original-host x-rewrite-url x-client-ip x-cluster-client-ip true-client-ip forwarded cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4 cf-ipcountry cf-ipcity cf-ipcontinent cf-visitor cf-worker cf-ew-via cf-ray',
)
define(FieldKind.connection, 'connection')
define(FieldKind.transferEncoding, 'transfer-encoding')
define(FieldKind.contentLength, 'content-length')
define(FieldKind.te, 'te')
define(FieldKind.upgrade, 'upgrade')
define(FieldKind.setCookie, 'set-cookie')
define(FieldKind.challenge, 'www-authenticate')
define(FieldKind.cookie, 'cookie')

const known = new Map<string, Field>()
const KNOWN_LIMIT = 1024

/** Looks a field name up as it came, in one step: a bounded memo spares lower-casing and classifying names that recur. */
export function field(raw: string): Field {
  const found = known.get(raw)
  if (found !== undefined) return found
  const name = raw.toLowerCase()
  const kind = kinds.get(name) ?? (name.includes('_') ? underscoreKind(name) : undefined)
  const line = TOKEN.test(name) && !FRAMING.has(name) ? `${name}: ` : null
  const made = { name, kind, line }
  if (raw.length <= 40) {
    // Emptied rather than kept as it is: made-up names must not keep the usual ones out for good.
    if (known.size >= KNOWN_LIMIT) known.clear()
    known.set(raw, made)
  }
  return made
}

function underscoreKind(name: string): number {
  return kinds.has(name.replaceAll('_', '-')) ? FieldKind.alias : FieldKind.underscored
}

/** What a Connection field may not take away: framing, routing, credentials and the chain of addresses (H-019, H-051). */
export function isProtected(name: string): boolean {
  const kind = kinds.get(name)
  return kind !== undefined && kind !== FieldKind.hop
}
