// Two workers of `node:cluster`, the gateway in each.

import { workersCommand } from '../support/workers-command.js'

/** @param {{ port: number, endpoints: string[] }} options */
export const command = (options) => workersCommand(2, 'cluster', options)
