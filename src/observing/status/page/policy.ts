import { createHash } from 'node:crypto'
import { script } from './script.js'
import { style } from './style.js'

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

let policy: string | null = null

/** What keeps the page to itself: its own script and style by their hashes, answers from its own origin, no frame around it. */
export function policyOf(): Readonly<Record<string, string>> {
  policy ??= [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  return {
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  }
}
