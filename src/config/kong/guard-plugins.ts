import type { KeyPart } from '../../filters/rate-limit/key-generator.js'
import type { CalendarPeriod } from '../../limiting/rule.js'
import { given, oneFilter, type PluginImport } from './plugin.js'

const PERIODS: readonly CalendarPeriod[] = ['second', 'minute', 'hour', 'day', 'month']
const BYTES: Readonly<Record<string, number>> = { megabytes: 1024 * 1024, kilobytes: 1024, bytes: 1 }

const rateLimiting: PluginImport = {
  priority: 910,
  guard: true,
  read(config) {
    const limits = PERIODS.flatMap((period) => {
      const limit = config.number(period)
      return limit === undefined ? [] : [{ limit, period, algorithm: 'fixed-window' as const }]
    })
    const by = config.text('limit_by') ?? 'consumer'
    const header = config.text('header_name')
    const keys: Readonly<Record<string, KeyPart | { readonly header: string } | undefined>> = {
      consumer: 'principal',
      credential: 'principal',
      ip: 'address',
      service: 'all',
      path: 'path',
      header: header === undefined ? undefined : { header },
    }
    const keyGenerator = keys[by]
    config.skip(
      'sync_rate',
      'redis',
      'redis_host',
      'redis_port',
      'redis_password',
      'redis_timeout',
      'redis_database',
      'path',
    )
    const policy = config.text('policy') ?? 'local'
    if (policy !== 'local') config.note('differs', `policy "${policy}": counts are per process unless a store is given`)
    if (config.number('year') !== undefined) config.note('unsafe', 'year is no period here')
    if (keyGenerator === undefined || limits.length === 0) {
      config.note('unsafe', `limit_by "${by}" has no counterpart`)
      return null
    }
    if (config.flag('fault_tolerant') === false) config.note('differs', 'fault_tolerant: see onStoreError of the store')
    const hidden = config.flag('hide_client_headers') === true
    return oneFilter({
      rateLimit: given({
        limits: limits.map((each) => ({ ...each, keyGenerator })),
        standardHeaders: hidden ? (false as const) : undefined,
        statusCode: config.number('error_code') === 429 ? undefined : config.number('error_code'),
        message: config.text('error_message'),
      }) as never,
    })
  },
}

const ipRestriction: PluginImport = {
  priority: 990,
  guard: true,
  read(config) {
    config.skip('message')
    if ((config.number('status') ?? 403) !== 403) config.note('differs', 'a denial is a 403')
    return oneFilter({ ipRules: given({ allow: config.texts('allow'), deny: config.texts('deny') }) })
  },
}

const requestSizeLimiting: PluginImport = {
  priority: 951,
  guard: true,
  read(config) {
    const unit = BYTES[config.text('size_unit') ?? 'megabytes'] ?? 1
    const requireLength = config.flag('require_content_length') === true ? true : undefined
    return oneFilter({
      bodyLimit: given({ maxBytes: (config.number('allowed_payload_size') ?? 128) * unit, requireLength }),
    })
  },
}

const cors: PluginImport = {
  priority: 2000,
  guard: false,
  read(config) {
    const origins = config.texts('origins') ?? ['*']
    const plain = origins.filter((origin) => origin === '*' || /^https?:\/\/[\w.:-]+$/.test(origin))
    if (plain.length < origins.length) config.note('left-out', 'origins that are regular expressions may not read')
    const credentials = config.flag('credentials') === true
    if (credentials && plain.includes('*')) config.note('left-out', 'credentials for all origins (H-198)')
    const maxAge = config.number('max_age')
    config.skip('preflight_continue', 'allow_origin_absent')
    if (plain.length === 0) return { filters: [] }
    return oneFilter({
      cors: given({
        origin: plain.includes('*') ? '*' : plain,
        methods: config.texts('methods'),
        allowedHeaders: config.texts('headers'),
        exposedHeaders: config.texts('exposed_headers'),
        credentials: credentials && !plain.includes('*') ? true : undefined,
        maxAgeMs: maxAge === undefined ? undefined : Math.min(maxAge * 1000, 86_400_000),
        privateNetwork: config.flag('private_network') === true ? true : undefined,
      }),
    })
  },
}

export const GUARD_PLUGINS: Readonly<Record<string, PluginImport>> = {
  'rate-limiting': rateLimiting,
  'ip-restriction': ipRestriction,
  'request-size-limiting': requestSizeLimiting,
  cors,
}
