// The floor behind TLS.

import { overTls } from '../support/certificate.js'
import { createProxy as createPlain } from './relay.js'

/** @param {{ endpoints: string[] }} options */
export const createProxy = (options) => overTls(createPlain(options))
