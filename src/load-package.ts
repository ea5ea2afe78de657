import { createRequire } from 'node:module'
import { EdgeError } from './errors.js'
import { pageOf } from './pages.js'

const require = createRequire(import.meta.url)

/**
 * Loads a package, or a module of Node's, when the first factory that needs it is called: `jose`, `ajv` and the like are never loaded for
 * those who don't use them, and one that is not installed is known at construction.
 *
 * @throws {@link EdgeError} `ERR_EDGE_OPTION` naming the factory and the package.
 */
export function loadPackage<T>(name: string, factory: string): T {
  try {
    return require(name) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new EdgeError(
      'ERR_EDGE_OPTION',
      `${factory}: needs the package "${name}"; install it: npm install ${name} (${pageOf(factory)})`,
      {
        cause: error,
      },
    )
  }
}
