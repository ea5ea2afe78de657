// http-proxy-middleware behind TLS.

import { overTls } from '../support/certificate.js'
import { createProxy as createPlain } from './http-proxy-middleware.js'

/** @param {{ endpoints: string[] }} options */
export const createProxy = (options) => overTls(createPlain(options))
