// What a client of the gateway chain sends, and what the gateway checks it by: the same in every process.

import { createHmac } from 'node:crypto'

export const API_KEY = 'k-7d9f4b2c1a8e6035d4c3b2a190877665'
export const SECRET = Buffer.from('a secret of thirty-two bytes, ok')
export const ISSUER = 'https://id.example'
export const AUDIENCE = 'https://api.example'

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-42',
  scope: 'items:read items:write',
  iat: 1_700_000_000,
  exp: 4_000_000_000,
})}`

export const TOKEN = `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`
