// Edgewise on plain `node:https`.

import { overTls } from '../support/certificate.js'
import { createProxy as createPlain } from './edgewise-node.js'

/** @param {{ endpoints: string[] }} options */
export const createProxy = (options) => overTls(createPlain(options))
