import { optionError } from '../../../options.js'
import type { Authenticator } from '../authenticator.js'
import { httpSignature } from './http-signature.js'
import type { HttpSignatureOptions } from './http-signature-options.js'
import { WEBHOOK_FORMS } from './webhook-forms.js'
import { type WebhookSignatureOptions, webhookSignature } from './webhook-signature.js'

export type HmacSignatureOptions =
  | ({ readonly form: 'http' } & HttpSignatureOptions)
  | (WebhookSignatureOptions & { readonly form: NonNullable<WebhookSignatureOptions['form']> })

/**
 * Knows clients by what they signed with a shared secret: {@link httpSignature} for `form: 'http'`, {@link webhookSignature} for all
 * other forms, under the one name that people look for.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION`.
 * @example
 * ```ts
 * const hooks = hmacSignature({ form: 'standard-webhooks', secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] })
 * ```
 */
export function hmacSignature(options: HmacSignatureOptions): Authenticator {
  if (options?.form === undefined)
    throw optionError('hmacSignature', 'form', undefined, ['http', ...Object.keys(WEBHOOK_FORMS)].join(', '))
  if (options.form !== 'http') return webhookSignature(options)
  const { form: _form, ...rest } = options
  return httpSignature(rest)
}
