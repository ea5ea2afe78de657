import { flatten, type Handler } from '../../filter.js'
import { check, checkOptions } from '../../options.js'
import { type Admission, admit, type Explained } from './admission.js'
import { walkChain } from './chain.js'
import { droppedFields } from './dropped.js'
import type { ExplainedClient, ExplainedOutcome, Explanation } from './explanation.js'
import { type Explainable, type Question, readQuestion } from './question.js'
import { hideSecrets } from './secrets.js'
import { textOf } from './text.js'

export interface ExplainOptions {
  /** The adapter's `base`. @default '/', or that of the exchange */
  readonly base?: string | undefined
  /** Whether credentials are shown: Authorization, Cookie, keys and tokens. @default false */
  readonly showSecrets?: boolean | undefined
  /** Most routes that are told of beside the one that matches. @default 20 */
  readonly maxRoutes?: number | undefined
}

/** Explains a request to what has routes. */
export async function explainTo(
  by: Explained,
  request: Explainable,
  options: ExplainOptions = {},
): Promise<Explanation> {
  checkOptions('explain', options, {
    base: (value) => (typeof value === 'string' && value.startsWith('/') ? undefined : 'a path, as /api'),
    showSecrets: check.boolean,
    maxRoutes: check.whole(0, 100_000),
  })
  const question = readQuestion(request)
  const base = (question.base ?? options.base ?? '/').replace(/(?<=.)\/$/, '')
  const admission = admit(question, base, by, options.maxRoutes ?? 20)
  const { destination, exchange } = admission
  const walked = destination === null || exchange === null ? null : await walkChain(destination.chain, exchange)
  const outcome = walked?.outcome ?? { ...admission.end!, by: 'gateway', certain: true }
  const explanation = assemble(question, base, admission, walked?.chain ?? null, outcome)
  return readable(options.showSecrets === true ? explanation : hideSecrets(explanation))
}

/**
 * Explains what would become of a request in a handler, as `compose` makes one, without a gateway: what {@link Gateway.explain} does, with one
 * route for everything and no trusted proxies.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * console.log(String(await explain(compose(ipRules({ deny: ['192.0.2.0/24'] }), forward('http://10.0.0.1:3000')), { url: '/' })))
 * ```
 */
export function explain(handler: Handler, request: Explainable, options?: ExplainOptions): Promise<Explanation> {
  const nobody = (): boolean => false
  return explainTo(
    {
      trust: nobody,
      trusted: false,
      policy: {},
      dropUnderscored: false,
      draining: false,
      gateway: null,
      find: () => ({
        route: '/**',
        chain: flatten([], handler),
        vital: false,
        captures: (path) => ({ '0': path.slice(1) }),
        admit: (exchange) => exchange,
      }),
      misfits: () => ({ near: [], more: 0 }),
    },
    request,
    options,
  )
}

type Told = Omit<Explanation, 'toString'>

function assemble(
  { method, url, httpVersion, rawHeaders }: Question,
  base: string,
  { target, fields, client, misfits, destination, exchange }: Admission,
  chain: Explanation['chain'],
  outcome: ExplainedOutcome,
): Told {
  const upgrade = exchange?.upgrade?.protocol ?? null
  const prefix = base === '/' ? '' : base
  return {
    request: { method, url, httpVersion, base, upgrade },
    target: target && {
      path: target.path,
      query: target.query,
      changed: url !== prefix + target.href && !(target.path === '/' && url === prefix + target.query),
    },
    client: client && clientOf(client),
    dropped: fields === null ? [] : droppedFields(rawHeaders, fields.headers),
    route: destination && { path: destination.route, params: { ...destination.captures(target!.path) } },
    otherRoutes: misfits ?? { near: [], more: 0 },
    chain,
    outcome,
  }
}

function clientOf(client: NonNullable<Admission['client']>): ExplainedClient {
  const { address, peer, protocol, host, port, trusted, forwardedFor } = client
  const why = !trusted
    ? 'the other end of the connection, which is no trusted proxy'
    : forwardedFor === ''
      ? 'the other end of the connection: a trusted proxy that speaks for nobody'
      : `the trusted proxy ${peer} speaks for ${forwardedFor}: the last of them that is no trusted proxy`
  return { address, peer, protocol, host, port, why }
}

/** Gives it its text; what enumerates it sees data only. */
function readable(told: Told): Explanation {
  return Object.defineProperty(told as Explanation, 'toString', { value: () => textOf(told), enumerable: false })
}
