// nginx behind TLS.

import { command as plain } from './nginx.js'

/** @param {{ dir: string, port: number, endpoints: string[] }} options */
export const command = (options) => plain({ ...options, tls: true })
