// Replies that a cache keeps, must not keep, or asks for again, next to the same gateway without one, to nginx's, and to Node answering by itself.

import { CACHE_FIELDS } from '../support/payload.js'
import smallGet from './small-get.js'

const TITLES = {
  kept: 'GET of what the cache has',
  varied: 'GET of what the cache has by Vary on two fields',
  unkept: 'GET of what no cache may keep',
  stale: 'GET of what the cache must ask for, and keeps, each time',
}

/** @type {import('../support/measure.js').Scenario[]} */
export default Object.keys(CACHE_FIELDS).map((path) => {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    ...smallGet,
    name: `cache-${name}`,
    title: `${TITLES[name]}, 90-byte JSON reply, 64 keep-alive connections`,
    proxies: ['relay', 'alone-node', 'edgewise-node', 'edgewise-cached', 'nginx-cached'],
    load: { ...smallGet.load, request: { method: 'GET', path } },
  }
})
