// Plays the attacks of test/abuse against Edgewise, other proxies for Node, nginx and HAProxy, and writes docs/attacks.md and
// docs/attacks-evidence.md. `node scripts/abuse.js 1` plays against one at a time, for a machine that is busy.

import { spawnSync } from 'node:child_process'

const loader = new URL('../test/support/source-loader.ts', import.meta.url)
const print = new URL('../test/abuse/print.ts', import.meta.url)
const { status } = spawnSync(process.execPath, ['--import', loader.href, print.pathname, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
spawnSync('biome', ['format', '--write', 'docs/attacks.md', 'docs/attacks-evidence.md'], {
  cwd: new URL('..', import.meta.url),
  env: { ...process.env, PATH: `${new URL('../node_modules/.bin', import.meta.url).pathname}:${process.env.PATH}` },
  stdio: 'ignore',
})
process.exitCode = status ?? 1
