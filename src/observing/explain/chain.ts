import { EdgeError } from '../../errors.js'
import type { Exchange } from '../../exchange.js'
import { type Chain, type Filter, flatten, type Handler, nameOf } from '../../filter.js'
import type { HandlerVerdict, Verdict, Way } from '../../verdict.js'
import type {
  ExplainedBranch,
  ExplainedChain,
  ExplainedFilter,
  ExplainedHandler,
  ExplainedOutcome,
} from './explanation.js'

/** A chain, asked, and what it comes to. */
export interface Walked {
  readonly chain: ExplainedChain
  readonly outcome: ExplainedOutcome
}

/** A handler that goes on to others may stand behind itself; nobody builds chains as deep as that. */
const DEEPEST = 16

/** Asks each filter of a chain what it would do, with the exchange as those before it leave it, and at the end the handler. */
export async function walkChain({ filters, terminal }: Chain, asked: Exchange, depth = 0): Promise<Walked> {
  const told: ExplainedFilter[] = []
  let exchange = asked
  let certain = true
  let end: ExplainedOutcome | null = null
  for (const filter of filters) {
    const { filterName: name = nameOf(filter), stage = 'shape' } = filter
    if (end !== null) {
      told.push({ name, stage, verdict: 'unreached', why: '', status: null, about: 'request' })
      continue
    }
    const { verdict, why, status = null, about = 'request', next } = await ask(filter, exchange)
    told.push({ name, stage, verdict, why, status, about })
    if (verdict === 'deny' || verdict === 'answer')
      end = { fate: verdict === 'deny' ? 'denied' : 'answered', status, by: name, why, certain }
    else if (verdict === 'depends' && about === 'request') certain = false
    exchange = next
  }
  if (end !== null) return { chain: { filters: told, handler: unreached(terminal) }, outcome: end }
  const { handler, outcome } = await askHandler(terminal, exchange, depth)
  return { chain: { filters: told, handler }, outcome: { ...outcome, certain: outcome.certain && certain } }
}

/** What a filter says, and what those behind it would get. */
async function ask(filter: Filter, exchange: Exchange): Promise<Verdict & { readonly next: Exchange }> {
  if (filter.explain === undefined) return { verdict: 'depends', why: 'it does not explain itself', next: exchange }
  try {
    const guess = filter.explain(exchange)
    const verdict = guess.workOut === undefined ? guess : await guess.workOut()
    return { ...verdict, next: verdict.onward?.(exchange) ?? exchange }
  } catch (error) {
    return { ...failed(error), next: exchange }
  }
}

/** What makes a filter's question fail makes the request fail, too. */
function failed(error: unknown): Verdict {
  if (error instanceof EdgeError) return { verdict: 'deny', status: error.status, why: error.message }
  return { verdict: 'depends', why: `to explain it failed: ${error instanceof Error ? error.message : String(error)}` }
}

async function askHandler(
  terminal: Handler,
  exchange: Exchange,
  depth: number,
): Promise<{ readonly handler: ExplainedHandler; readonly outcome: ExplainedOutcome }> {
  const verdict = verdictOf(terminal, exchange)
  const walked: Walked[] = []
  const branches: ExplainedBranch[] = []
  if (depth < DEEPEST) {
    for (const { name, why, handler, exchange: given } of verdict.ways ?? []) {
      const branch = await walkChain(flatten([], handler), given, depth + 1)
      walked.push(branch)
      branches.push({ name, why, chain: branch.chain })
    }
  }
  const { handler: name, why, status = null, forward = null } = verdict
  return {
    handler: { name, verdict: verdict.verdict, why, status, forward, branches },
    outcome: outcomeOf(verdict, walked),
  }
}

function verdictOf(terminal: Handler, exchange: Exchange): HandlerVerdict {
  if (terminal.explain === undefined) {
    const { branches = [], name } = terminal
    const ways = branches.map((handler, at): Way => ({ name: String(at + 1), why: 'may be', handler, exchange }))
    if (ways.length > 0) return { handler: name, verdict: 'choose', why: 'it does not tell which', ways }
    return { handler: name || 'handler', verdict: 'depends', why: 'a handler that does not explain itself answers' }
  }
  try {
    return terminal.explain(exchange)
  } catch (error) {
    const { verdict, why, status } = failed(error)
    return { handler: terminal.name || 'handler', verdict: verdict === 'deny' ? 'deny' : 'depends', why, status }
  }
}

const FATES = {
  forward: 'forwarded',
  answer: 'answered',
  deny: 'denied',
  'hand-over': 'handed over',
  ask: 'answered',
  choose: 'open',
  depends: 'open',
} as const

function outcomeOf({ verdict, handler, why, status }: HandlerVerdict, walked: readonly Walked[]): ExplainedOutcome {
  const [first] = walked
  if (verdict === 'choose' && walked.length === 1) return first!.outcome
  const fate = FATES[verdict]
  const certain = fate !== 'open' && walked.every(({ outcome }) => outcome.certain)
  return { fate, status: status ?? null, by: handler, why, certain }
}

function unreached({ name }: Handler): ExplainedHandler {
  return {
    name: name || 'handler',
    verdict: 'unreached',
    why: '',
    status: null,
    forward: null,
    branches: [],
  }
}
