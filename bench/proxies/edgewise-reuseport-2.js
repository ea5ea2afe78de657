// Two processes with `SO_REUSEPORT`, the gateway in each.

import { workersCommand } from '../support/workers-command.js'

/** @param {{ port: number, endpoints: string[] }} options */
export const command = (options) => workersCommand(2, 'reuseport', options)
