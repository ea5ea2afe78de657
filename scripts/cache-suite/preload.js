// The suite gives the `undici` it installs to Node's own `fetch`, which only goes together when both are of one major version: here
// both are ours.
import { fetch, Headers, Request, Response } from 'undici'

Object.assign(globalThis, { fetch, Headers, Request, Response })
