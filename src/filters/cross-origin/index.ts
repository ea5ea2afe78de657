export { cors } from './cors.js'
export type { CorsOptions } from './cors-options.js'
export { type CsrfOptions, csrf } from './csrf.js'
