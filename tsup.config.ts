import { defineConfig, type Options } from 'tsup'
import packageJson from './package.json' with { type: 'json' }

/** The file behind each subpath, without its ending: a name in `src` and in `dist`. */
const published = Object.values(packageJson.exports)
  .filter((target) => typeof target === 'object')
  .map(({ default: file }) => file.replace(/^\.\/dist\/(.+)\.js$/, '$1'))

/**
 * Takes Node's own modules as `require` does. An `import` of one reads everything that it exports, and some of that is loaded when it
 * is read: `node:http` exports a WebSocket, and all of `fetch` behind it, which take 15 ms and 4 MB.
 */
const builtins: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }))
    build.onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
  },
}

// Types come from `tsc`: TypeScript 7 has no compiler API for tsup's `dts`.
export default defineConfig({
  entry: {
    ...Object.fromEntries(published.map((name) => [name, `src/${name}.ts`])),
    inside: 'bench/support/inside.ts',
  },
  format: ['esm'],
  target: 'node22',
  // What several subpaths need is in chunks that they share, so that there is one of each class. As 700 modules the core took three times as
  // long to import.
  bundle: true,
  splitting: true,
  removeNodeProtocol: false,
  esbuildPlugins: [builtins],
  dts: false,
  clean: true,
  silent: true,
})
