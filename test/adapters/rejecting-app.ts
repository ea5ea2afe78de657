import { createGateway, type Filter, forward, reply } from 'edgewise'
import { harnessOf } from './harness/by-name.js'

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

const harness = await harnessOf(process.argv[2]!)
const { port } = await harness.listen(gateway)
console.log(`READY ${port}`)
