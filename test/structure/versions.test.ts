import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): Record<string, never> => JSON.parse(readFileSync(new URL(path, root), 'utf8'))

const lock = read('package-lock.json')['packages'] as unknown as Record<string, Locked>

interface Locked {
  readonly version: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
  readonly hasInstallScript?: boolean
}

/** Rows of the table of users, which is the only list: `| name | version | why |`. */
const documented = Array.from(
  readFileSync(new URL('docs/supply-chain.md', root), 'utf8').matchAll(
    /^\| `([^`]+)` +\| ([0-9]+\.[0-9]+\.[0-9]+) +\| (.+?) +\|$/gm,
  ),
  ([, name, version]) => [name!, version!] as const,
)

/** The minimum table of H-204: older ones have published holes. Behind what users get, what tests and peers are. */
const MINIMUM: readonly (readonly [name: string, version: string])[] = [
  ...documented,
  ['ws', '8.21.0'],
  ['hono', '4.12.21'],
  ['@hono/node-server', '1.19.13'],
  ['http-proxy-middleware', '4.1.1'],
]

/** What comes along with Edgewise: neither for development nor a peer. */
const running = Object.entries(lock).filter(
  ([path, { dev, devOptional, peer }]) => path !== '' && !(dev || devOptional || peer),
)
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** Packages that tools of ours bring along for themselves, which never meet a client's bytes. */
function isTooling(path: string, name: string): boolean {
  return path !== `node_modules/${name}` && lock[path]!.dev === true
}

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
    expect(locked).not.toEqual([])
    for (const path of locked) {
      if (!isTooling(path, name)) expect([path, atLeast(lock[path]!.version, minimum)]).toEqual([path, true])
    }
    for (const path of locked.filter((each) => !isTooling(each, name)))
      expect(read(`${path}/package.json`)['version'] as unknown).toBe(lock[path]!.version)
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

  it('H-204 every package that users get has its row in docs/supply-chain.md, and no other has', () => {
    expect(documented.map(([name]) => name)).toEqual([...new Set(running.map(([path]) => nameOf(path)))].toSorted())
  })

  it('H-204 every package is locked with its integrity, and from the registry: no repository, no address, no folder', () => {
    const loose = Object.entries(
      lock as Record<
        string,
        { integrity?: string; resolved?: string; link?: boolean; inBundle?: boolean; version?: string }
      >,
    ).filter(
      ([path, { integrity, resolved, link, inBundle, version }]) =>
        path !== '' &&
        inBundle !== true &&
        (link === true ||
          !integrity?.startsWith('sha512-') ||
          !/^\d+\.\d+\.\d+/.test(version ?? '') ||
          // By name and version from whatever registry npm is set to, or from the public one.
          !(resolved === undefined || /^https:\/\/registry\.npmjs\.org\/[^?#]+\/-\/[^/?#]+\.tgz$/.test(resolved))),
    )
    expect(loose.map(([path]) => path)).toEqual([])
  })

  it('H-204 package.json asks for ranges of versions, at exact ones for development, and for nothing by address', () => {
    const { dependencies, devDependencies, overrides } = read('package.json') as unknown as Record<
      string,
      Record<string, string>
    >
    for (const [name, range] of Object.entries(dependencies!))
      expect([name, range]).toEqual([name, expect.stringMatching(/^\^\d+\.\d+\.\d+$/)])
    for (const [name, range] of Object.entries(devDependencies!))
      expect([name, range]).toEqual([name, expect.stringMatching(/^(?:npm:[a-z-]+@)?\d+\.\d+\.\d+$/)])
    expect(overrides).toBeUndefined()
  })

  it('H-204 no package that users get has an install script, and of those for development the named ones only', () => {
    const scripted = Object.entries(lock).filter(([, { hasInstallScript }]) => hasInstallScript === true)
    expect(scripted.map(([path, { dev }]) => [nameOf(path), dev])).toEqual([
      ['esbuild', true],
      ['node', true],
      ['protobufjs', true],
    ])
    const { allowScripts } = read('package.json') as unknown as Record<string, Record<string, boolean>>
    expect(allowScripts).toEqual({ node: true, esbuild: true, protobufjs: false })
  })

  it('H-204 the package has no script that runs where it is installed', () => {
    const { scripts } = read('package.json') as unknown as Record<string, Record<string, string>>
    const atInstall = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']
    expect(Object.keys(scripts!).filter((name) => atInstall.includes(name))).toEqual([])
    // npm makes an install script of its own where it finds one of these.
    expect(existsSync(new URL('binding.gyp', root))).toBe(false)
  })

  it('H-204 nothing is installed but by the lockfile', () => {
    const commands = ['.ci/run', '.github/workflows/publish.yml'].flatMap(
      (path) =>
        readFileSync(new URL(path, root), 'utf8').match(/^(?! *#).*\bnpm (?:ci|i|install|add|update|exec)\b.*$/gm) ??
        [],
    )
    expect(commands.length).toBeGreaterThanOrEqual(2)
    expect(commands.filter((line) => !/\bnpm ci\b/.test(line))).toEqual([])
  })

  it('H-204 the workflow that publishes pins its actions by commit, has no token, and may do no more than it needs', () => {
    const workflow = readFileSync(new URL('.github/workflows/publish.yml', root), 'utf8')
    const actions = workflow.match(/uses: .*/g) ?? []
    expect(actions.length).toBeGreaterThan(0)
    for (const action of actions) expect(action).toMatch(/^uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    expect(workflow).toMatch(/^permissions: \{\}$/m)
    expect(workflow.match(/: write$/gm)).toEqual([': write'])
    expect(workflow).not.toMatch(/secrets\.|pull_request|NODE_AUTH_TOKEN/)
  })

  it('compares versions by number', () => {
    expect(atLeast('8.10.0', '8.5.0')).toBe(true)
    expect(atLeast('8.4.9', '8.5.0')).toBe(false)
    expect(atLeast('8.5.0-rc.1', '8.5.0')).toBe(false)
    expect(atLeast('9.0.0', '8.5.0')).toBe(true)
    expect(existsSync(new URL('package-lock.json', root))).toBe(true)
  })
})
