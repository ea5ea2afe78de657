import { optionError } from '../../options.js'
import type { Consumer } from '../auth/consumer.js'
import { compileIdentity, type IdentityValue, type WriteIdentity } from '../auth/identity-headers.js'

/** What of a consumer goes into a field: its id, its plan, its groups joined by commas, or what a function makes of it (`undefined`: nothing). */
export type ConsumerValue = 'id' | 'plan' | 'groups' | ((consumer: Consumer) => string | undefined)

/** Fields that tell the upstream whose request it is, by name. */
export type ConsumerHeaders = Readonly<Record<string, ConsumerValue>>

/** @throws {@link EdgeError} `ERR_EDGE_OPTION`. */
export function compileConsumerHeaders(headers: ConsumerHeaders): WriteIdentity {
  const fields = Object.entries(headers).map(([name, value]): [string, IdentityValue] => {
    if (value === 'id' || value === 'groups') return [name, value]
    if (value === 'plan') return [name, ({ claims }) => consumerIn(claims).plan ?? undefined]
    if (typeof value !== 'function')
      throw optionError('consumers', `identityHeaders.${name}`, value, 'a function, or one of id, plan, groups')
    return [name, ({ claims }) => value(consumerIn(claims))]
  })
  return compileIdentity('consumers', Object.fromEntries(fields))
}

function consumerIn(claims: Readonly<Record<string, unknown>>): Consumer {
  return claims['consumer'] as Consumer
}
