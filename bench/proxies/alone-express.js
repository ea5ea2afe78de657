// Express without a proxy: it answers by itself.

import { IN } from '../support/edgewise-in.js'

export const createProxy = () => IN.express()
