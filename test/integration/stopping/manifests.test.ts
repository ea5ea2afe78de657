import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

const root = new URL('../../../examples/', import.meta.url)
const manifests = globSync('kubernetes/*.yaml', { cwd: root.pathname }).flatMap((file) =>
  parseAllDocuments(readFileSync(new URL(file, root), 'utf8'), { strict: true, uniqueKeys: true }),
)
const example = readFileSync(new URL('graceful.ts', root), 'utf8')

describe('the manifests for Kubernetes', () => {
  it('are YAML, and objects of their kinds', () => {
    expect(manifests.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
    expect(manifests.map((each) => [each.get('apiVersion'), each.get('kind')])).toEqual([
      ['apps/v1', 'Deployment'],
      ['v1', 'Service'],
      ['policy/v1', 'PodDisruptionBudget'],
    ])
  })

  it('fit the example that they run: its paths, its variables, and more time than it takes', () => {
    const { spec } = manifests[0]!.toJS()
    const pod = spec.template.spec
    const [container] = pod.containers
    const env = Object.fromEntries(container.env.map(({ name, value }: Record<string, string>) => [name, value]))
    for (const name of Object.keys(env)) expect(example).toContain(`process.env['${name}']`)
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(example).toContain(`path: '${container[probe].httpGet.path}'`)
    expect(container.ports[0]).toEqual({ name: 'http', containerPort: Number(env['PORT']) })
    const takesMs = Number(env['DELAY_MS']) + Number(env['GRACE_MS']) + 3_000
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(takesMs)
    // Unready before it stops listening, though two asks in a row have to fail.
    const { periodSeconds, failureThreshold, timeoutSeconds } = container.readinessProbe
    expect((periodSeconds + timeoutSeconds) * failureThreshold * 1_000).toBeLessThan(Number(env['DELAY_MS']))
  })

  it('select the pods that there are', () => {
    const { spec } = manifests[0]!.toJS()
    for (const [at, path] of [
      [0, ['spec', 'selector', 'matchLabels']],
      [1, ['spec', 'selector']],
      [2, ['spec', 'selector', 'matchLabels']],
    ] as const)
      expect(JSON.parse(JSON.stringify(manifests[at]!.getIn(path)))).toEqual(spec.template.metadata.labels)
  })
})
