import type { StrictReading } from '../support/index.js'
import { fieldDifferences } from './fields.js'
import { reasonOf } from './reasons.js'
import { meaningOf } from './resolve.js'
import type { Step } from './steps.js'

/** What the three did with one request, where they differ. */
export interface Disagreement {
  /** `F` for forwarded whole, `N` for not: Edgewise, nginx, HAProxy. */
  readonly trio: string
  /** What there is against the request, in a word or two; `none` if it is nothing. */
  readonly reason: string
  /** In what the message that Edgewise forwarded differs from the other's: `method`, `path`, …; `form` where that is not strictly HTTP/1.1, `no host` where it names none. */
  readonly fromNginx: readonly string[]
  readonly fromHaproxy: readonly string[]
  /** How the fields differ from all that was forwarded by others. */
  readonly fields: readonly string[]
}

/** Goes through a connection, request by request, as far as Edgewise went and one further. */
export function disagreements(
  bytes: string,
  strict: StrictReading,
  edgewise: readonly Step[],
  nginx: readonly Step[],
  haproxy: readonly Step[],
): Disagreement[] {
  const found: Disagreement[] = []
  const end = edgewise.findIndex(endsIt)
  const last = end === -1 ? edgewise.length : end
  for (let at = 0; at <= last; at++) {
    const [ours, one, other] = [edgewise[at], nginx[at], haproxy[at]]
    const trio = [ours, one, other].map((step) => (step?.kind === 'forwarded' ? 'F' : 'N')).join('/')
    if (trio === 'N/N/N') continue
    const fromNginx = differences(ours, one)
    const fromHaproxy = differences(ours, other)
    const fields = fieldDifferences(strict.requests[at], ours, [one, other])
    if (trio === 'F/F/F' && fromNginx.length + fromHaproxy.length + fields.length === 0) continue
    found.push({
      trio,
      reason: reasonOf(
        bytes,
        strict,
        at,
        ours === undefined || ours.kind === 'closed',
        edgewise[at - 1]?.kind === 'answered',
      ),
      fromNginx,
      fromHaproxy,
      fields,
    })
  }
  return found
}

/** Whether nothing can follow on the connection. */
function endsIt(step: Step): boolean {
  return step.kind !== 'forwarded' && !(step.kind === 'answered' && (step.status < 300 || step.status === 405))
}

function differences(one: Step | undefined, other: Step | undefined): string[] {
  if (one?.kind !== 'forwarded' || other?.kind !== 'forwarded') return []
  const [here, there] = [meaningOf(one.request), meaningOf(other.request)]
  const parts = (['method', 'host', 'path', 'query', 'body'] as const)
    .filter((part) => here[part] !== there[part])
    .map((part) => (part === 'host' && there.host === '' ? 'no host' : part))
  // Where a message ends that is not strictly HTTP/1.1 depends on who reads it.
  return other.strict ? parts : ['form', ...parts.filter((part) => part !== 'body')]
}
