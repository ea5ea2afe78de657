import type { RequestListener } from 'node:http'

/** Starts a server on this machine and returns its address. */
export function startServer(listener: RequestListener): Promise<string>
