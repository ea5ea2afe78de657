import { createHmac, type KeyLike } from 'node:crypto'
import type { HttpSignatureOptions } from 'edgewise'
import { createSigner, httpbis, type SignatureParameters } from 'http-message-signatures'

export const SECRET = 'a secret of thirty-two bytes, or of more'
/** When tests sign, and what the clocks of their filters show. */
export const AT = 1_750_000_000_000
export const keys: HttpSignatureOptions['keys'] = { k1: { algorithm: 'hmac-sha256', key: SECRET } }

export type Pair = readonly [name: string, value: string]

export interface ToSign {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** @default ['@method', '@target-uri'] */
  readonly components?: readonly string[]
  readonly key?: KeyLike
  readonly algorithm?: string
  readonly keyid?: string
  readonly label?: string
  /** What the signature says of itself, besides `created`, `keyid` and `alg`. */
  readonly params?: SignatureParameters
  /** Parameters to leave out. */
  readonly without?: readonly string[]
}

/** The fields of a request with those of its signature, as the reference makes them. */
export async function signedFields(url: string, toSign: ToSign = {}): Promise<Pair[]> {
  const { method = 'GET', headers = {}, components = ['@method', '@target-uri'], without = [] } = toSign
  const { key = SECRET, algorithm = 'hmac-sha256', keyid = 'k1', label = 'sig', params = {} } = toSign
  const names = ['created', 'keyid', 'alg', ...Object.keys(params)].filter((name) => !without.includes(name))
  const { headers: all } = await httpbis.signMessage(
    {
      key: createSigner(key as never, algorithm, keyid),
      name: label,
      fields: [...components],
      params: [...new Set(names)],
      paramValues: { created: new Date(AT), ...params },
    },
    { method, url, headers: { ...headers } },
  )
  return Object.entries(all).map(([name, value]) => [name, [value].flat().join(', ')])
}

/** The two fields of a signature over lines that a test has written itself. */
export function handSigned(
  lines: readonly string[],
  identifiers: string,
  params = `;created=${AT / 1000};keyid="k1"`,
): Pair[] {
  const input = `(${identifiers})${params}`
  const base = [...lines, `"@signature-params": ${input}`].join('\n')
  const signature = createHmac('sha256', SECRET).update(base, 'latin1').digest('base64')
  return [
    ['Signature-Input', `sig=${input}`],
    ['Signature', `sig=:${signature}:`],
  ]
}
