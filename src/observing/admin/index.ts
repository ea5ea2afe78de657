export type { Allowed, Authorize, Operator } from './authorizing.js'
