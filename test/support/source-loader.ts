import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Lets a child process import this repository's TypeScript as its tests do: `child(app, { imports: [sourceLoader] })`. */
export const sourceLoader: URL = new URL(import.meta.url)

const root = new URL('../../src/', import.meta.url)

/** The file that stands behind a specifier of a source file, or the specifier itself. */
export function sourceOf(specifier: string, parent: string | undefined): string {
  if (specifier === 'edgewise') return new URL('index.ts', root).href
  const area = /^edgewise\/(config|redis|tcp|testing)$/.exec(specifier)
  if (area) return new URL(`${area[1]}/index.ts`, root).href
  const adapter = /^edgewise\/(\w+)$/.exec(specifier)
  if (adapter) return new URL(`adapters/${adapter[1]}.ts`, root).href
  if (!/^\.\.?\/.*\.js$/.test(specifier) || parent === undefined || !parent.startsWith('file:')) return specifier
  const source = new URL(specifier.replace(/js$/, 'ts'), parent)
  return existsSync(source) ? source.href : specifier
}

// Only when preloaded by `--import`, never when a test imports the URL.
if (process.execArgv.some((flag) => flag.endsWith('source-loader.ts'))) {
  registerHooks({
    resolve: (specifier, context, next) => next(sourceOf(specifier, context.parentURL), context),
  })
}
