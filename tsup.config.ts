import { readFile } from 'node:fs/promises'
import { defineConfig, type Options } from 'tsup'
import packageJson from './package.json' with { type: 'json' }

/** The file behind each subpath, without its ending: a name in `src` and in `dist`. */
const published = Object.values(packageJson.exports)
  .filter((target) => typeof target === 'object')
  .map(({ default: file }) => file.replace(/^\.\/dist\/(.+)\.js$/, '$1'))

/** `import http, { type Server, get as ask } from 'node:http'`, over as many lines as it likes; not `import type`. */
const BUILTIN = /^import (?!type\b)(?:(\w+)|\* as (\w+))?(?:, )?(?:\{([^}]*)\})? from '(node:[\w/]+)'$/gm

/**
 * Takes of Node's own modules what is named, by `process.getBuiltinModule`. An `import` of one reads everything that it exports, and some
 * of that is loaded when it is read: `node:http` exports a WebSocket, and all of `fetch` behind it, which take 15 ms and 4 MB.
 */
const builtins: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'builtins',
  setup(build) {
    build.onLoad({ filter: /\/(?:src|bench)\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(BUILTIN, taken),
      loader: 'ts',
    }))
  },
}

function taken(_whole: string, one = '', all = '', named = '', module: string): string {
  const names = named
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.replace(' as ', ': '))
  const wanted = [one || all, names.length > 0 ? `{ ${names.join(', ')} }` : ''].filter((each) => each !== '')
  return wanted.map((each) => `const ${each} = process.getBuiltinModule('${module}')`).join(';')
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
  // Names stay, for stack traces. A quarter less to parse.
  esbuildOptions: (options) => {
    options.minifyWhitespace = true
    options.minifySyntax = true
    // Node prints the whole line that an error was thrown on, in front of its message.
    options.lineLimit = 160
  },
  esbuildPlugins: [builtins],
  dts: false,
  clean: true,
  silent: true,
})
