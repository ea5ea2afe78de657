import { createRequire } from 'node:module'

// TypeScript 7, which compiles this project, has no compiler API. The one that ts-json-schema-generator brings along has, and the lock holds its version.
const { resolve } = createRequire(import.meta.url)
export const ts = createRequire(resolve('ts-json-schema-generator'))('typescript')
