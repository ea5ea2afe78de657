// The package has no types; of its options these tests use one.
declare module 'compression' {
  import type { RequestHandler } from 'express'

  export default function compression(options?: { readonly threshold?: number }): RequestHandler
}
