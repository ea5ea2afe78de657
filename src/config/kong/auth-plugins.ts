import type { FilterConfig } from '../filter-config.js'
import { given, oneFilter, type PluginImport } from './plugin.js'
import type { Section } from './section.js'

/** Credentials are taken away from the upstream's request unless this says otherwise; Kong leaves them there. */
function keepCredential(config: Section): true | undefined {
  return config.flag('hide_credentials') === true ? undefined : true
}

/** `anonymous` lets those pass who show no credential. */
function perhaps(config: Section, filter: FilterConfig): FilterConfig {
  return config.text('anonymous') === undefined ? filter : { optional: filter }
}

const keyAuth: PluginImport = {
  priority: 1250,
  guard: true,
  read(config, { keys }) {
    const [name = 'apikey', ...others] = config.texts('key_names') ?? []
    const inHeader = config.flag('key_in_header') ?? true
    const inQuery = config.flag('key_in_query') ?? true
    config.skip('realm', 'run_on_preflight')
    if (config.flag('key_in_body') === true) config.note('left-out', 'key_in_body: keys are not looked for in bodies')
    if (others.length > 0) config.note('left-out', `key_names: only ${name} is looked for`)
    if (keys.length === 0) config.note('left-out', 'no consumer has a key: nobody gets in')
    if (keys.length === 0 || !(inHeader || inQuery)) return closed(401)
    const apiKey = given({
      keys,
      header: inHeader ? name : (false as const),
      query: inQuery ? name : undefined,
      keepCredential: keepCredential(config),
    })
    return oneFilter(perhaps(config, { apiKey }))
  },
}

const basicAuth: PluginImport = {
  priority: 1100,
  guard: true,
  read(config, { users }) {
    config.skip('run_on_preflight')
    if (Object.keys(users).length === 0) return closed(401)
    const options = given({ users, realm: config.text('realm'), keepCredential: keepCredential(config) })
    return oneFilter(perhaps(config, { basicAuth: options }))
  },
}

const jwt: PluginImport = {
  priority: 1450,
  guard: true,
  read(config, { jwtSecrets }) {
    config.skip('secret_is_base64', 'run_on_preflight', 'realm')
    if (config.flag('secret_is_base64') === true) return unsayable(config, 'secret_is_base64')
    if ((config.text('key_claim_name') ?? 'iss') !== 'iss') return unsayable(config, 'key_claim_name other than iss')
    if (jwtSecrets.length === 0) return closed(401)
    const verified = new Set(config.texts('claims_to_verify') ?? [])
    const maximum = config.number('maximum_expiration') ?? 0
    const places = [
      'bearer' as const,
      ...(config.texts('cookie_names') ?? []).map((cookie) => ({ cookie })),
      ...(config.texts('uri_param_names') ?? ['jwt']).map((query) => ({ query })),
    ]
    const headers = config.texts('header_names') ?? ['authorization']
    if (headers.some((name) => name.toLowerCase() !== 'authorization'))
      config.note('left-out', 'header_names: tokens are looked for in Authorization only')
    const each = jwtSecrets.map(({ issuer, algorithm, key }) => ({
      jwt: given({
        key,
        algorithms: [algorithm] as never,
        issuer,
        claims: { id: 'iss' },
        from: places,
        foreignTokens: jwtSecrets.length > 1 ? ('leave' as const) : undefined,
        allowNoExpiry: verified.has('exp') ? undefined : true,
        maxTokenAgeMs: maximum > 0 ? maximum * 1000 : undefined,
        keepCredential: keepCredential(config) ?? true,
      }),
    }))
    if (!verified.has('exp'))
      config.note('differs', 'a token that has an exp must not be past it, whatever claims_to_verify says')
    return oneFilter(perhaps(config, each.length === 1 ? each[0]! : { anyOf: each }))
  },
}

const acl: PluginImport = {
  priority: 950,
  guard: true,
  read(config) {
    const groups = config.texts('allow')
    config.skip('hide_groups_header', 'always_use_authenticated_groups', 'include_consumer_groups')
    if (config.texts('deny') !== undefined) return unsayable(config, 'deny')
    return groups === undefined ? closed(403) : oneFilter({ authorize: { groups } })
  },
}

/** Nobody gets in, in Kong as here. */
function closed(status: number): { filters: []; handler: { respond: { status: number } } } {
  return { filters: [], handler: { respond: { status } } }
}

function unsayable(config: Section, what: string): null {
  config.note('unsafe', `${what} has no counterpart`)
  return null
}

export const AUTH_PLUGINS: Readonly<Record<string, PluginImport>> = {
  'key-auth': keyAuth,
  'basic-auth': basicAuth,
  jwt,
  acl,
}
