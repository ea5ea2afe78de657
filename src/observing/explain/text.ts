import type { ForwardVerdict, PoolVerdict } from '../../verdict.js'
import { plain } from '../plain.js'
import type { ExplainedChain, ExplainedFilter, ExplainedHandler, Explanation } from './explanation.js'

/** Lines with a label each; one that goes on has none. */
type Line = readonly [label: string, text: string]

/** Routes beside the one that matches that a text names; the object has them all. */
const MOST_ROUTES = 5

/** An explanation for people. */
export function textOf(told: Omit<Explanation, 'toString'>): string {
  const { request, chain, outcome } = told
  const upgrade = request.upgrade === null ? '' : `, upgrade to ${request.upgrade}`
  const lines: Line[] = [
    ...requestLines(told),
    ...routeLines(told),
    ...(chain === null ? [] : chainLines(chain)),
    ['outcome', outcomeText(outcome)],
  ]
  const width = Math.max(...lines.map(([label]) => label.length)) + 2
  const body = lines.map(([label, text]) => `${label.padEnd(width)}${text}`.trimEnd())
  const head = `${request.method} ${request.url} HTTP/${request.httpVersion}${upgrade}`
  // What a request says must not look like another line, nor speak to a terminal (H-195).
  return [head, '', ...body].map((line) => plain(line, Infinity)).join('\n')
}

function outcomeText({ fate, status, by, why, certain }: Explanation['outcome']): string {
  const elsewhere = fate === 'unmatched' ? ', or the framework’s own handlers where the adapter falls through' : ''
  const guess = certain ? '' : 'as far as can be told: '
  if (fate === 'forwarded') return `${guess}forwarded ${why}`
  const said = [fate, status ?? [], by === 'gateway' ? [] : `by ${by}`].flat().join(' ')
  return `${guess}${said}: ${why}${elsewhere}`
}

function requestLines({ request, target, client, dropped }: Omit<Explanation, 'toString'>): Line[] {
  const below = request.base === '/' ? '' : `, below the base ${request.base}`
  return [
    ...(target === null
      ? []
      : [['target', `${target.path}${target.query}${below}${target.changed ? ', made canonical' : ''}`] as const]),
    ...(client === null ? [] : [['client', `${client.address || 'unknown'}: ${client.why}`] as const]),
    ...labelled(
      'fields',
      dropped.map(({ name, why }) => `without ${name}: ${why}`),
    ),
  ]
}

function routeLines({ route, otherRoutes }: Omit<Explanation, 'toString'>): Line[] {
  const params = Object.entries(route?.params ?? {}).map(([name, value]) => `${name}=${value}`)
  const shown = otherRoutes.near.slice(0, MOST_ROUTES)
  const rest = otherRoutes.near.length - shown.length + otherRoutes.more
  const rows = columns(shown.map(({ route: path, why }) => [path, why]))
  return [
    ...(route === null
      ? []
      : [['route', `${route.path}${params.length === 0 ? '' : `  ${params.join(' ')}`}`] as const]),
    ...labelled('not', rest === 0 ? rows : [...rows, `and ${rest} more`]),
  ]
}

function chainLines({ filters, handler }: ExplainedChain): Line[] {
  return [...labelled('filters', columns(filters.map(filterRow))), ...handlerLines(handler)]
}

function filterRow({ name, verdict, status, why, about }: ExplainedFilter): string[] {
  const on = about === 'reply' && verdict === 'depends' ? 'reply' : verdict
  return [name, status === null ? on : `${on} ${status}`, why]
}

function handlerLines({ name, verdict, why, status, forward, branches }: ExplainedHandler): Line[] {
  if (verdict === 'unreached') return []
  return [
    ['handler', `${name}: ${status === null ? '' : `${status}, `}${why}`],
    ...(forward === null ? [] : forwardLines(forward)),
    ...branches.flatMap((branch): Line[] => [
      ['branch', `${branch.name}: ${branch.why}`],
      ...chainLines(branch.chain).map(([label, text]): Line => [label === '' ? '' : `  ${label}`, text]),
    ]),
  ]
}

function forwardLines(forward: ForwardVerdict): Line[] {
  const { pick, method, path, headers, timeouts, retry, hedgeAfterMs, protocol } = forward
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((line) => `${name}: ${line}`),
  )
  const { connectMs, firstByteMs, idleMs, totalMs } = timeouts
  const waits = [`connect ${connectMs} ms`, `first byte ${span(firstByteMs)}`, `idle ${span(idleMs)}`]
  if (lastOf(pick).fate === 'none') return poolLines(pick)
  return [
    ...poolLines(pick),
    ...labelled('sends', [`${method} ${path}${protocol === null ? '' : ` over ${protocol}`}`, ...fields]),
    ['limits', [...waits, ...(totalMs === 0 ? [] : [`in all ${totalMs} ms`])].join(', ')],
    ['retry', retryText(retry)],
    ...(hedgeAfterMs === null ? [] : [['hedge', `after ${Math.round(hedgeAfterMs)} ms`] as const]),
  ]
}

function lastOf(pick: PoolVerdict): PoolVerdict {
  return pick.fallback === null ? pick : lastOf(pick.fallback)
}

function span(ms: number): string {
  return ms === 0 ? 'no limit' : `${ms} ms`
}

function retryText({ attempts, on, repeats }: ForwardVerdict['retry']): string {
  if (attempts === 1) return 'never'
  const many = attempts === null ? 'each endpoint once' : `${attempts} attempts in all`
  const again = repeats ? '' : ', but only if nothing of the request has left'
  return `${many}, on ${on.join(', ')}${again}`
}

function poolLines({ pool, balancer, endpoint, candidates, fate, why, skipped, fallback }: PoolVerdict): Line[] {
  const picked = endpoint ?? (candidates.length === 0 ? FATES[fate] : candidates.join(' or '))
  return [
    ['pool', `${pool}, ${balancer}: ${picked}; ${why}`],
    ...labelled('without', columns(skipped.map((each) => [each.endpoint, each.why]))),
    ...(fallback === null ? [] : poolLines(fallback)),
  ]
}

const FATES: Readonly<Record<PoolVerdict['fate'], string>> = {
  endpoint: 'one',
  chance: 'one',
  unknown: 'one',
  wait: 'it waits',
  fallback: 'its fallback',
  none: 'nobody',
}

function labelled(label: string, texts: readonly string[]): Line[] {
  return texts.map((text, at) => [at === 0 ? label : '', text])
}

/** Rows whose cells stand below each other. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), [])
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  )
}
