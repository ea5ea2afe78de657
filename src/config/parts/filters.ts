import type { Filter } from '../../filter.js'
import {
  type Authenticator,
  allOf,
  allowMethods,
  anomaly,
  anyOf,
  apiKey,
  authorize,
  ban,
  bandwidthLimit,
  basicAuth,
  bodyLimit,
  cache,
  canonicalHost,
  clientCertificate,
  compress,
  concurrencyLimit,
  consumers,
  convert,
  cors,
  csrf,
  deadline,
  decompress,
  deprecation,
  errorPages,
  forwardAuth,
  graphqlLimits,
  headerLimits,
  hmacSignature,
  httpSignature,
  idempotency,
  introspect,
  ipRules,
  jsonLimits,
  jwt,
  maintenance,
  minDataRate,
  mirror,
  openapi,
  optional,
  originRules,
  planLimits,
  rateLimit,
  redirectToHttps,
  refererRules,
  replyHeaders,
  requestHeaders,
  requestId,
  rewriteCookies,
  rewriteLocation,
  rewriteMethod,
  rewritePath,
  rewriteQuery,
  shed,
  trailingSlash,
  transformJson,
  transformText,
  uriLimits,
  userAgentRules,
  validateJson,
  webhookSignature,
  xmlLimits,
} from '../../filters/index.js'
import { tracing } from '../../observing/index.js'
import { optionError } from '../../options.js'
import type { Path } from '../document/path.js'
import { parseYaml } from '../document/yaml.js'
import type { FilterConfigs } from '../filter-configs.js'
import { made, optionsOf, type Parts, withRegExps } from './parts.js'

/** Makes a filter of what stands at a path. What a document can't say is not looked at here: the factory does that. */
type Make = (config: unknown, parts: Parts, path: Path) => Filter

/** The filters of the library that can be data, by their factories' names. */
export const FILTERS: Readonly<Record<keyof FilterConfigs, Make>> = {
  allOf: (config, parts, path) => allOf(...authenticators('allOf', config, parts, path)),
  allowMethods: telling(allowMethods),
  anomaly: telling(anomaly),
  anyOf: (config, parts, path) => anyOf(...authenticators('anyOf', config, parts, path)),
  apiKey: telling(apiKey),
  authorize: telling(authorize),
  ban: telling(ban),
  bandwidthLimit: plain(bandwidthLimit),
  basicAuth: telling(basicAuth),
  bodyLimit: telling(bodyLimit),
  cache: stored('store', cache),
  canonicalHost: plain(canonicalHost),
  clientCertificate: telling(clientCertificate),
  compress: plain(compress),
  concurrencyLimit: telling(concurrencyLimit),
  consumers: telling(consumers),
  convert: telling(convert),
  cors: plain(cors),
  csrf: telling(csrf),
  deadline: telling(deadline),
  decompress: plain(decompress),
  deprecation: (config) => {
    const options = optionsOf('deprecation', config)
    const dates = ['since', 'sunset'].filter((name) => typeof options[name] === 'string')
    return deprecation({
      ...options,
      ...Object.fromEntries(dates.map((name) => [name, new Date(options[name] as string)])),
    } as never)
  },
  errorPages: plain(errorPages),
  forwardAuth: (config, parts) => {
    const options = optionsOf('forwardAuth', config)
    const { pool } = options
    const found = pool === undefined ? {} : { pool: parts.pool('forwardAuth', 'pool', pool) }
    return forwardAuth({ ...options, ...found, events: parts.events } as never)
  },
  graphqlLimits: telling(graphqlLimits),
  headerLimits: telling(headerLimits),
  hmacSignature: stored('replayStore', hmacSignature),
  httpSignature: stored('replayStore', httpSignature),
  idempotency: (config, parts) => idempotency(withStore('idempotency', 'store', config, parts)),
  introspect: telling(introspect),
  ipRules: telling(ipRules),
  jsonLimits: telling(jsonLimits),
  jwt: telling(jwt),
  maintenance: plain(maintenance),
  minDataRate: telling(minDataRate),
  mirror: (config, parts, path) => {
    const { to, ...options } = optionsOf('mirror', config)
    const [handler] = made([parts.handler(to, [...path, 'to'])])
    return mirror({ ...options, to: handler, events: parts.events } as never)
  },
  openapi: (config, parts) => {
    const options = withRegExps(optionsOf('openapi', config), 'formats.*')
    const { document } = options
    const read = typeof document === 'string' ? { document: openapiDocument(document) } : {}
    return openapi({ ...options, ...read, events: parts.events } as never)
  },
  optional: (config, parts, path) => optional(made([parts.filter(config, path)])[0] as Authenticator),
  originRules: telling(originRules),
  planLimits: stored('store', planLimits),
  rateLimit: stored('store', rateLimit),
  redirectToHttps: plain(redirectToHttps),
  refererRules: telling(refererRules),
  replyHeaders: plain(replyHeaders),
  requestHeaders: plain(requestHeaders),
  requestId: plain(requestId),
  rewriteCookies: plain(rewriteCookies),
  rewriteLocation: plain(rewriteLocation),
  rewriteMethod: plain(rewriteMethod),
  rewritePath: plain(rewritePath),
  rewriteQuery: plain(rewriteQuery),
  shed: telling(shed),
  tracing: telling(tracing),
  trailingSlash: plain(trailingSlash),
  transformJson: telling(transformJson),
  transformText: (config, { events }) => {
    const options = withRegExps(optionsOf('transformText', config), 'request.replace.*.find', 'reply.replace.*.find')
    return transformText({ ...options, events } as never)
  },
  uriLimits: telling(uriLimits),
  userAgentRules: (config, { events }) =>
    userAgentRules({ ...withRegExps(optionsOf('userAgentRules', config), 'allow.*', 'deny.*'), events } as never),
  validateJson: (config, { events }) =>
    validateJson({ ...withRegExps(optionsOf('validateJson', config), 'formats.*'), events } as never),
  webhookSignature: stored('replayStore', webhookSignature),
  xmlLimits: telling(xmlLimits),
}

type Factory = (options: never) => Filter

/** Options are the whole of it. */
function plain(factory: Factory): Make {
  return (config) => factory(optionsOf(factory.name, config) as never)
}

/** Publishes to the gateway's events, too. */
function telling(factory: Factory): Make {
  return (config, { events }) => factory({ ...optionsOf(factory.name, config), events } as never)
}

/** Keeps what it knows in a store that the document names. */
function stored(option: string, factory: Factory): Make {
  return (config, parts) =>
    factory({ ...(withStore(factory.name, option, config, parts) as object), events: parts.events } as never)
}

function withStore(factory: string, option: string, config: unknown, parts: Parts): never {
  const options = optionsOf(factory, config)
  const { [option]: name } = options
  return (name === undefined ? options : { ...options, [option]: parts.store(factory, option, name) }) as never
}

function authenticators(factory: string, config: unknown, parts: Parts, path: Path): Authenticator[] {
  if (!Array.isArray(config)) throw optionError(factory, 'authenticators', config, 'an array')
  return made(config.map((each, at) => parts.filter(each, [...path, at]) as Authenticator | undefined))
}

function openapiDocument(text: string): unknown {
  const { data, faults } = parseYaml(text)
  if (faults[0] === undefined) return data
  const { message, position } = faults[0]
  throw optionError('openapi', 'document', `line ${position?.line}: ${message}`, 'YAML or JSON')
}
