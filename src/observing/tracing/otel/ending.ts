import type { AttemptOutcome, Outcome } from '../../../outcome.js'
import { hasFailed } from '../../failure.js'
import { type Attributes, ERROR, type Span } from './api.js'

/**
 * Ends the span of an exchange. An error is what the server could not do: a status of 500 or more, or a reply that broke off, not a
 * client that was refused or left (https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status).
 */
export function endExchange(span: Span, outcome: Outcome): void {
  const { status, error, tunnel } = outcome
  const failed = hasFailed(outcome)
  const attributes: Attributes = {}
  if (status !== null) attributes['http.response.status_code'] = status
  if (tunnel !== null && tunnel.closeCode !== null) attributes['edgewise.websocket.close_code'] = tunnel.closeCode
  if (error !== null) attributes['error.type'] = error.code
  else if (failed) attributes['error.type'] = status !== null && status >= 500 ? String(status) : '_OTHER'
  span.setAttributes(attributes)
  if (failed) setFailed(span, error)
  span.end()
}

/** Ends the span of an attempt. To who asks, a 4xx is an error, too; a race that another attempt won is none. */
export function endAttempt(span: Span, { status, error }: AttemptOutcome): void {
  const attributes: Attributes = {}
  if (status !== null) attributes['http.response.status_code'] = status
  const refused = status !== null && status >= 400
  if (error !== null) attributes['error.type'] = error.code
  else if (refused) attributes['error.type'] = String(status)
  span.setAttributes(attributes)
  const givenUp = error !== null && (error.source === 'client' || error.code === 'ERR_EDGE_HEDGE_LOST')
  if (refused || (error !== null && !givenUp)) setFailed(span, error)
  span.end()
}

/** A status says by itself what it is; a message of ours never carries what a client sent. */
function setFailed(span: Span, error: Error | null): void {
  span.setStatus(error === null ? { code: ERROR } : { code: ERROR, message: error.message })
}
