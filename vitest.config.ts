import { defineConfig } from 'vitest/config'

const src = (path: string): string => new URL(`./src/${path}`, import.meta.url).pathname

export default defineConfig({
  resolve: {
    alias: [
      { find: /^edgewise$/, replacement: src('index.ts') },
      { find: /^edgewise\/(compat|config|redis|tcp|testing)$/, replacement: src('$1/index.ts') },
      { find: /^edgewise\/(.+)$/, replacement: `${src('adapters')}/$1.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // H-194: one unhandled rejection, warning or deprecation anywhere fails the run.
    execArgv: ['--expose-gc', '--unhandled-rejections=strict', '--trace-warnings', '--throw-deprecation'],
    testTimeout: 15_000,
    hookTimeout: 15_000,
  },
})
