import express from 'express'
import { expressHarness } from '../../adapters/harness/express.js'
import { fastify } from '../../adapters/harness/fastify.js'
import type { Harness } from '../../adapters/harness/harness.js'
import { hono } from '../../adapters/harness/hono.js'
import { koa } from '../../adapters/harness/koa.js'
import { node } from '../../adapters/harness/node.js'

/** One harness for each adapter. */
export const frameworks: readonly Harness[] = [node, expressHarness('express', express), koa, hono, fastify]
