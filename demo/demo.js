// An Express gateway in front of three upstreams. `npm run demo` to play with it, `npm run demo -- --check` to let it prove itself.
import { check } from './check.js'
import { play } from './play.js'

if (process.argv.includes('--check')) process.exitCode = await check()
else await play({ port: Number(process.env.PORT ?? 3000) })
