import { type Body, bytesBody } from '../../body.js'
import { toHeaders } from '../../http/header-map.js'
import type { Reply } from '../../reply.js'
import type { Form } from './form.js'
import { policyOf } from './page/policy.js'

/** Of every form: what is true now concerns nobody later on (H-197), and nobody else. */
const COMMON = {
  'cache-control': 'no-store',
  vary: 'Accept',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

const FIELDS: Readonly<Record<Form, () => Readonly<Record<string, string>>>> = {
  html: () => ({ 'content-type': 'text/html; charset=utf-8', ...policyOf() }),
  json: () => ({ 'content-type': 'application/json' }),
  // NGINX in front would gather events into buffers.
  events: () => ({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }),
}

/** A reply in one of the page's forms: a text can go out as often as it must. */
export function formReply(form: Form, content: string | Body): Reply {
  const body = typeof content === 'string' ? bytesBody(content) : content
  // A HEAD is told the length that a GET would be.
  const length = body.kind === 'bytes' ? { 'content-length': body.length } : {}
  return { status: 200, headers: toHeaders({ ...COMMON, ...FIELDS[form](), ...length }), body }
}
