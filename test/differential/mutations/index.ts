import { OF_BYTES } from './bytes.js'
import type { Mutation } from './draw.js'
import { OF_HTTP } from './http.js'
import { OF_LINES } from './lines.js'

export const MUTATIONS: readonly (readonly [string, Mutation])[] = [...OF_BYTES, ...OF_LINES, ...OF_HTTP]
export { type Draw, drawOf, type Mutation } from './draw.js'
