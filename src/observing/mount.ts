import type { Exchange } from '../exchange.js'

/** What of a path lies below where its handler is mounted: what the last `**` of the route's pattern stands for; empty for an exact route. */
export function belowMount({ params, route, target }: Exchange): string {
  if (route === null) return target.path.slice(1)
  const captures = Object.keys(params).filter((name) => /^\d+$/.test(name))
  return route.endsWith('/**') ? (params[String(captures.length - 1)] ?? '') : ''
}
