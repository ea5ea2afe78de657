import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): Record<string, never> => JSON.parse(readFileSync(new URL(path, root), 'utf8'))

/** The minimum table of H-204: older ones have published holes. */
const MINIMUM: readonly (readonly [name: string, version: string])[] = [
  ['undici', '8.5.0'],
  ['picomatch', '4.0.4'],
  ['ws', '8.21.0'],
  ['hono', '4.12.21'],
  ['@hono/node-server', '1.19.13'],
  ['http-proxy-middleware', '4.1.1'],
]

/** Packages that tools of ours bring along for themselves, which never meet a client's bytes. */
function isTooling(path: string, name: string): boolean {
  return path !== `node_modules/${name}` && (lock[path] as { dev?: boolean }).dev === true
}

const lock = read('package-lock.json')['packages'] as unknown as Record<string, { version: string; dev?: boolean }>

function atLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((each) => each.split('-')[0]!.split('.').map(Number))
  for (let at = 0; at < 3; at++) if (have![at] !== want![at]) return have![at]! > want![at]!
  // A pre-release comes before its release.
  return !version.includes('-')
}

describe('H-204 supply chain', () => {
  it.each(MINIMUM)('H-204 %s is at least %s in the lockfile and as installed', (name, minimum) => {
    const locked = Object.keys(lock).filter(
      (path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`),
    )
    expect(locked).toContain(`node_modules/${name}`)
    for (const path of locked) {
      if (!isTooling(path, name)) expect([path, atLeast(lock[path]!.version, minimum)]).toEqual([path, true])
    }
    const installed = read(`node_modules/${name}/package.json`)['version'] as unknown as string
    expect(installed).toBe(lock[`node_modules/${name}`]!.version)
    expect(atLeast(installed, minimum)).toBe(true)
  })

  it('H-204 ranges in package.json let nothing older in', () => {
    const { dependencies, peerDependencies } = read('package.json') as unknown as Record<string, Record<string, string>>
    for (const [name, minimum] of MINIMUM) {
      for (const range of [dependencies![name], peerDependencies![name]]) {
        if (range !== undefined)
          expect([name, atLeast(range.replace(/^(?:\^|~|>=)/, ''), minimum)]).toEqual([name, true])
      }
    }
  })

  it('H-204 every package is locked with its integrity, and from the registry', () => {
    const loose = Object.entries(
      lock as Record<string, { integrity?: string; resolved?: string; link?: boolean; inBundle?: boolean }>,
    )
      .filter(([path, entry]) => path !== '' && entry.link !== true && entry.inBundle !== true)
      .filter(
        ([, { integrity, resolved }]) =>
          !integrity?.startsWith('sha512-') || !(resolved ?? 'https://').startsWith('https://'),
      )
    expect(loose.map(([path]) => path)).toEqual([])
  })

  it('compares versions by number', () => {
    expect(atLeast('8.10.0', '8.5.0')).toBe(true)
    expect(atLeast('8.4.9', '8.5.0')).toBe(false)
    expect(atLeast('8.5.0-rc.1', '8.5.0')).toBe(false)
    expect(atLeast('9.0.0', '8.5.0')).toBe(true)
    expect(existsSync(new URL('package-lock.json', root))).toBe(true)
  })
})
