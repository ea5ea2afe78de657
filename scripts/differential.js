// Sends the same bytes to Edgewise, nginx and HAProxy, and judges what they do with them: `node scripts/differential.js [--seed N] [--count N] [--only N]`.
// `--only` repeats one case of a seed. Needs Linux, nginx and haproxy. See docs/differential-testing.md.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const { status } = spawnSync(
  process.execPath,
  [
    '--no-warnings',
    '--import',
    at('test/support/source-loader.ts'),
    at('test/differential/main.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
