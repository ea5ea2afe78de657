import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const root = new URL('../../', import.meta.url).pathname
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const files = globSync('examples/**/*.{yaml,yml}', { cwd: root }).sort()

/** A port, or a name of one. */
const PORT = /^(?:[1-9]\d{0,4}|[a-z](?:[a-z0-9-]{0,13}[a-z0-9])?)$/
const NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

describe('YAML of the examples', () => {
  it.each(files)('%s can be read, and no key stands twice', (path) => {
    const documents = parseAllDocuments(read(path), { merge: true })
    expect(documents.length).toBeGreaterThan(0)
    for (const document of documents) expect([document.errors, document.warnings]).toEqual([[], []])
  })
})

const COMPOSE = 'examples/compose/compose.yaml'

interface ComposeService {
  readonly image: string
  readonly working_dir?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[] | Readonly<Record<string, { condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly stop_grace_period?: string
}

interface Mount {
  /** Below the repository. */
  readonly source: string
  readonly target: string
  readonly mode: string | undefined
}

const composed = parse(read(COMPOSE), { merge: true }) as {
  readonly name: string
  readonly services: Readonly<Record<string, ComposeService>>
}
const services = Object.entries(composed.services)
const prometheus = parse(read('examples/compose/prometheus.yml')) as {
  readonly rule_files: readonly string[]
  readonly scrape_configs: readonly { static_configs: readonly { targets: readonly string[] }[] }[]
}

function mountsOf({ volumes = [] }: ComposeService): Mount[] {
  return volumes.map((volume) => {
    const [source, target, mode] = volume.split(':')
    return { source: posix.normalize(posix.join(dirname(COMPOSE), source!)), target: target!, mode }
  })
}

/** The file of the repository that a path in a container leads to. */
function behind(service: ComposeService, path: string): string | undefined {
  const absolute = posix.resolve(service.working_dir ?? '/', path)
  const mount = mountsOf(service).find(({ target }) => absolute === target || absolute.startsWith(`${target}/`))
  return mount && posix.normalize(posix.join(mount.source, absolute.slice(mount.target.length)))
}

/** What a service listens on, by its variables. */
const portsOf = ({ environment = {} }: ComposeService): string[] =>
  Object.entries(environment).flatMap(([name, value]) => (/(?:^|_)PORT$/.test(name) ? [value] : []))

const programOf = (service: ComposeService): string | undefined =>
  service.command?.[0] === 'node' ? behind(service, service.command[1]!) : undefined

describe(COMPOSE, () => {
  it('has nothing but what Compose knows, and images of a version', () => {
    const more = Object.keys(composed).filter((key) => key !== 'name' && key !== 'services' && !key.startsWith('x-'))
    expect(more).toEqual([])
    const known =
      'command depends_on environment healthcheck image ports restart stop_grace_period user volumes working_dir'
    for (const [name, service] of services) {
      expect(name).toMatch(NAME)
      expect(Object.keys(service).filter((key) => !known.split(' ').includes(key))).toEqual([])
      expect(service.image).toMatch(/^[a-z]+(?:\/[a-z]+)?:v?\d[\w.-]*$/)
    }
  })

  it('has two gateways that are the same but for their ports', () => {
    const gateways = services.filter(([, service]) => programOf(service) === 'examples/compose/gateway.ts')
    expect(gateways.map(([name]) => name)).toEqual(['gateway-1', 'gateway-2'])
    const [one, two] = gateways.map(([, { ports, ...rest }]) => rest)
    expect(one).toEqual(two)
  })

  it('waits for services that there are, and for the health of those that tell it', () => {
    for (const [name, { depends_on = [] }] of services) {
      const conditions = Array.isArray(depends_on)
        ? depends_on.map((each) => [each, 'service_started'])
        : Object.entries(depends_on).map(([each, { condition }]) => [each, condition])
      for (const [other, condition] of conditions) {
        expect([name, other, other in composed.services && other !== name]).toEqual([name, other, true])
        expect(condition).toMatch(/^service_(?:started|healthy)$/)
        if (condition === 'service_healthy') expect(composed.services[other]!.healthcheck).toBeDefined()
      }
    }
  })

  it('mounts what is in the repository, to be read only', () => {
    const mounts = services.flatMap(([, service]) => mountsOf(service))
    expect(mounts.length).toBeGreaterThan(3)
    for (const { source, target, mode } of mounts) {
      expect([source, existsSync(join(root, source))]).toEqual([source, true])
      expect([source, source.startsWith('..'), target, mode]).toEqual([
        source,
        false,
        expect.stringMatching(/^\//),
        'ro',
      ])
    }
  })

  it('publishes ports once, on this machine only, that something listens on', () => {
    const published = services.flatMap(([, service]) =>
      (service.ports ?? []).map((port) => {
        const [, host, container] = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(port) ?? []
        expect([port, Number(host) < 65_536 && Number(container) < 65_536]).toEqual([port, true])
        // Prometheus has its own by itself.
        if (programOf(service) !== undefined) expect(portsOf(service)).toContain(container)
        return host
      }),
    )
    expect(new Set(published).size).toBe(published.length)
  })

  it('runs programs that there are, with variables that they read', () => {
    const programs = services.filter(([, service]) => service.command?.[0] === 'node')
    expect(programs.length).toBe(3)
    for (const [name, service] of programs) {
      const program = programOf(service)
      expect([name, program, existsSync(join(root, program!))]).toEqual([name, program, true])
      for (const variable of Object.keys(service.environment!)) expect(read(program!)).toContain(variable)
    }
  })

  it('asks by names of services, at ports that they listen on', () => {
    const urls = services
      .flatMap(([, { environment = {} }]) => Object.values(environment))
      .filter((value) => URL.canParse(value))
    expect(urls.length).toBe(4)
    for (const url of urls) {
      const { hostname, port } = new URL(url)
      const service = composed.services[hostname]
      expect([url, service !== undefined]).toEqual([url, true])
      if (programOf(service!) !== undefined) expect([url, portsOf(service!).includes(port)]).toEqual([url, true])
    }
  })

  it('asks gateways for a path that they answer, and gives them the time that they take to stop', () => {
    for (const [, service] of services) {
      if (programOf(service) !== 'examples/compose/gateway.ts') continue
      const { PORT: port, DELAY_MS: delayMs } = service.environment!
      const asked = new URL(service.healthcheck!.test.at(-1)!)
      expect(asked.port).toBe(port)
      expect(read('examples/compose/gateway.ts')).toContain(`path: '${asked.pathname}'`)
      // `graceMs` is 10 seconds unless it is set.
      expect(read('examples/compose/gateway.ts')).not.toContain('graceMs')
      const [, seconds] = /^(\d+)s$/.exec(service.stop_grace_period!)!
      expect(Number(seconds) * 1_000).toBeGreaterThan(Number(delayMs) + 10_000 + 3_000)
    }
  })

  it('gives Prometheus rules that there are, and gateways that have metrics', () => {
    const service = composed.services['prometheus']!
    expect(behind(service, '/etc/prometheus/prometheus.yml')).toBe('examples/compose/prometheus.yml')
    for (const path of prometheus.rule_files)
      expect(existsSync(join(root, behind(service, posix.join('/etc/prometheus', path))!))).toBe(true)
    const targets = prometheus.scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap((each) => each.targets),
    )
    expect(targets).toEqual(
      ['gateway-1', 'gateway-2'].map((name) => `${name}:${composed.services[name]!.environment!['METRICS_PORT']}`),
    )
  })
})

interface Labels {
  readonly [name: string]: string
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string | number }
  readonly periodSeconds?: number
  readonly failureThreshold?: number
}
interface Container {
  readonly name: string
  readonly image: string
  readonly command: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
}
interface Manifest {
  readonly file: string
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly spec: {
    readonly selector: Labels & { readonly matchLabels?: Labels }
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[]
    readonly template?: {
      readonly metadata: { readonly labels: Labels }
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly Container[] }
    }
  }
}

const manifests = files
  .filter((path) => path.startsWith('examples/kubernetes/'))
  .flatMap((file) => parseAllDocuments(read(file)).map((each) => ({ file, ...each.toJS() }) as Manifest))
const templates = manifests.flatMap(({ spec }) => (spec.template === undefined ? [] : [spec.template]))
const containers = templates.flatMap(({ spec }) => spec.containers)

describe('examples/kubernetes', () => {
  it('has manifests that say what they are', () => {
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(['Deployment', 'PodDisruptionBudget', 'Service'])
    const versions: Labels = { Deployment: 'apps/v1', Service: 'v1', PodDisruptionBudget: 'policy/v1' }
    for (const { kind, apiVersion, metadata } of manifests) {
      expect([kind, apiVersion]).toEqual([kind, versions[kind]])
      expect(metadata.name).toMatch(NAME)
    }
  })

  it('selects pods that there are', () => {
    for (const { file, kind, spec } of manifests) {
      const wanted = Object.entries(spec.selector.matchLabels ?? spec.selector)
      const own = spec.template === undefined ? templates : [spec.template]
      const found = own.filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels[name] === value))
      expect([file, kind, wanted.length > 0, found.length]).toEqual([file, kind, true, 1])
    }
  })

  it('asks and sends to ports that containers have', () => {
    const names = containers.flatMap(({ ports }) => ports.map(({ name }) => name))
    for (const name of names) expect(name).toMatch(PORT)
    for (const { startupProbe, livenessProbe, readinessProbe, ports } of containers)
      for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
        expect(ports.map(({ name }) => name)).toContain(httpGet.port)
    for (const { spec, kind } of manifests)
      if (kind === 'Service') for (const { targetPort } of spec.ports!) expect(names).toContain(targetPort)
  })

  it('runs examples/graceful.ts as it wants to be run', () => {
    const program = read('examples/graceful.ts')
    for (const { command, env, ports } of containers) {
      expect(command).toEqual(['node', 'graceful.js'])
      for (const { name, value } of env) {
        expect(program).toContain(`process.env['${name}']`)
        // A number in YAML is none here.
        expect([name, typeof value]).toEqual([name, 'string'])
      }
      expect(ports.map(({ containerPort }) => String(containerPort))).toContain(
        env.find(({ name }) => name === 'PORT')!.value,
      )
    }
  })

  it('probes what the program answers, and never has a pod restarted for not being ready', () => {
    const program = read('examples/graceful.ts')
    for (const { startupProbe, livenessProbe, readinessProbe } of containers) {
      for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
        expect(program).toContain(`path: '${httpGet.path}'`)
      expect(livenessProbe.httpGet.path).not.toBe(readinessProbe.httpGet.path)
    }
  })

  it('gives a pod the time that it takes to leave', () => {
    for (const { spec } of templates)
      for (const { env, readinessProbe } of spec.containers) {
        const [delay, grace] = ['DELAY_MS', 'GRACE_MS'].map((wanted) =>
          Number(env.find(({ name }) => name === wanted)!.value),
        )
        expect(spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(delay! + grace! + 3_000)
        expect(readinessProbe.periodSeconds! * readinessProbe.failureThreshold! * 1_000).toBeLessThan(delay!)
      }
  })
})

describe('examples/README.md', () => {
  it('leads to files that there are', () => {
    const links = Array.from(read('examples/README.md').matchAll(/\]\(([^)#]+)/g), ([, link]) => link!)
    expect(links.length).toBeGreaterThan(30)
    expect(links.filter((link) => !existsSync(join(root, 'examples', link)))).toEqual([])
  })
})
