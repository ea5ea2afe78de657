import { createGateway, type Filter, forward, reply } from 'edgewise'
import type { Harness } from './harness/harness.js'

/** Runs in a child process, with an adapter's name as its argument: every route fails in one of the ways that crash careless code. */
const filters: Readonly<Record<string, Filter>> = {
  rejects: () => Promise.reject(new Error('boom')),
  throws: () => {
    throw new Error('boom')
  },
  nothing: () => Promise.reject(undefined),
  behind: async (exchange, next) => {
    await next(exchange)
    throw new Error('boom')
  },
  'no-reply': async () => undefined as never,
}

const gateway = createGateway({
  routes: [
    ...Object.entries(filters).map(([name, filter]) => ({
      path: `/${name}`,
      filters: [filter],
      handler: async () => reply(200),
    })),
    {
      path: '/rewrite',
      handler: forward('http://127.0.0.1:1', { pathRewrite: () => Promise.reject(new Error('boom')) as never }),
    },
    { path: '/refused', handler: forward('http://127.0.0.1:1') },
  ],
})

const name = process.argv[2]!
const { [name.replace(/-\d$/, '')]: exported, expressHarness } = await import(
  `./harness/${name.replace(/-\d$/, '')}.js`
)
const harness: Harness = expressHarness
  ? expressHarness(name, (await import(name === 'express-4' ? 'express-4' : 'express')).default)
  : exported
const { port } = await harness.listen(gateway)
console.log(`READY ${port}`)
