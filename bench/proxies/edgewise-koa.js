// Edgewise in Koa, from the build in dist.

import * as edgewise from '../../dist/index.js'
import { createMeasuredGateway } from '../support/edgewise-gateway.js'
import { IN } from '../support/edgewise-in.js'

/** @param {{ endpoints: string[] }} options */
export const createProxy = ({ endpoints }) => IN.koa(createMeasuredGateway(edgewise, endpoints))
