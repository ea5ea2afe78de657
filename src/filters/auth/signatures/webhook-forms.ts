import { fieldValue, type HeaderMap } from '../../../http/header-map.js'
import type { Milliseconds } from '../../../options.js'

/** What a delivery says of itself, as one sender's way has it. */
export interface Delivery {
  /** What stands in front of the body in what was signed. */
  readonly prefix: string
  /** HMACs with SHA-256; those of other versions are left out. */
  readonly signatures: readonly Uint8Array[]
  /** When it was sent; `null` where nothing signed tells. */
  readonly sentAt: Milliseconds | null
}

/** How one sender signs what it delivers. */
export interface WebhookForm {
  /** The field that carries signatures: without it there is none. */
  readonly field: string
  /** Whether a delivery says when it was sent, so that an old one is known. */
  readonly timed: boolean
  /** What a secret must be, in words. */
  readonly secret: string
  /** `null` for a secret that is none. */
  readSecret(text: string): Uint8Array | null
  /** `null` for fields that are missing or malformed. */
  read(headers: HeaderMap): Delivery | null
}

/** Whose way to sign: Standard Webhooks (standardwebhooks.com), GitHub, Stripe or Slack. */
export type WebhookFormName = 'standard-webhooks' | 'github' | 'stripe' | 'slack'

/** Unix time in seconds, as it was signed: another spelling of the same number would be another text. */
const SECONDS = /^[1-9][0-9]{9,11}$/
const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[A-Za-z0-9+/]{43}=$/
/** More are no rotation. */
const MOST_SIGNATURES = 16

const LEAST_SECRET = 16
const anySecret = `a text of ${LEAST_SECRET} bytes or more`

function textSecret(text: string): Uint8Array | null {
  const bytes = Buffer.from(text)
  return bytes.length < LEAST_SECRET ? null : bytes
}

export const WEBHOOK_FORMS: Readonly<Record<WebhookFormName, WebhookForm>> = {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  'standard-webhooks': {
    field: 'webhook-signature',
    timed: true,
    secret: 'whsec_ and 24 bytes or more in base64',
    readSecret(text) {
      const bytes = Buffer.from(text.replace(/^whsec_/, ''), 'base64')
      const isWhole = bytes.toString('base64').replace(/=+$/, '') === text.replace(/^whsec_|=+$/g, '')
      return isWhole && bytes.length >= 24 ? bytes : null
    },
    read(headers) {
      const id = fieldValue(headers, 'webhook-id') ?? ''
      const seconds = fieldValue(headers, 'webhook-timestamp') ?? ''
      // A point in it would let it and the time be read in two ways.
      if (!/^[!-~]{1,256}$/.test(id) || id.includes('.') || !SECONDS.test(seconds)) return null
      const versions = fieldValue(headers, 'webhook-signature')!.split(' ')
      const signatures = versions.filter((each) => each.startsWith('v1,')).map((each) => each.slice(3))
      return delivery(`${id}.${seconds}.`, signatures, 'base64', seconds)
    },
  },
  // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
  github: {
    field: 'x-hub-signature-256',
    timed: false,
    secret: anySecret,
    readSecret: textSecret,
    read(headers) {
      const field = fieldValue(headers, 'x-hub-signature-256')!
      return field.startsWith('sha256=') ? delivery('', [field.slice(7)], 'hex', null) : null
    },
  },
  // https://docs.stripe.com/webhooks#verify-manually
  stripe: {
    field: 'stripe-signature',
    timed: true,
    secret: anySecret,
    readSecret: textSecret,
    read(headers) {
      const pairs = fieldValue(headers, 'stripe-signature')!.split(',')
      const valuesOf = (key: string): string[] =>
        pairs.filter((pair) => pair.startsWith(`${key}=`)).map((pair) => pair.slice(key.length + 1))
      const [seconds = '', ...more] = valuesOf('t')
      return SECONDS.test(seconds) && more.length === 0 ? delivery(`${seconds}.`, valuesOf('v1'), 'hex', seconds) : null
    },
  },
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  slack: {
    field: 'x-slack-signature',
    timed: true,
    secret: anySecret,
    readSecret: textSecret,
    read(headers) {
      const seconds = fieldValue(headers, 'x-slack-request-timestamp') ?? ''
      const field = fieldValue(headers, 'x-slack-signature')!
      return SECONDS.test(seconds) && field.startsWith('v0=')
        ? delivery(`v0:${seconds}:`, [field.slice(3)], 'hex', seconds)
        : null
    },
  },
}

function delivery(
  prefix: string,
  texts: readonly string[],
  coding: 'hex' | 'base64',
  seconds: string | null,
): Delivery | null {
  const shape = coding === 'hex' ? HEX : BASE64
  if (texts.length === 0 || texts.length > MOST_SIGNATURES || !texts.every((text) => shape.test(text))) return null
  return {
    prefix,
    signatures: texts.map((text) => Buffer.from(text, coding)),
    sentAt: seconds === null ? null : Number(seconds) * 1000,
  }
}
