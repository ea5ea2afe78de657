import { defineConfig } from 'tsup'

// Types come from `tsc`: TypeScript 7 has no compiler API for tsup's `dts`.
export default defineConfig({
  entry: ['src/**/*.ts'],
  format: ['esm'],
  target: 'node22',
  bundle: false,
  dts: false,
  clean: true,
  silent: true,
})
