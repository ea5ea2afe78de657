// nginx with its own cache.

import { command as plain } from './nginx.js'

/** @param {{ dir: string, port: number, endpoints: string[] }} options */
export const command = (options) => plain({ ...options, cached: true })
