import type { Server } from 'node:http'
import { http1 } from 'edgewise'
import { type Site, serveOver } from './edgewise.js'

export function serve(site: Site): Server {
  return serveOver(site, http1())
}
