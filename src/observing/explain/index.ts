export type { Peek } from '../../balancing/balancer.js'
export type { Misfit, Misfits } from '../../routing/misfits.js'
export type { PoolOutlook } from '../../upstream/outlook.js'
export type { ForwardVerdict, HandlerVerdict, PoolVerdict, RetryVerdict, Way } from '../../verdict.js'
export { type ExplainOptions, explain } from './explain.js'
export type {
  ExplainedBranch,
  ExplainedChain,
  ExplainedClient,
  ExplainedFilter,
  ExplainedHandler,
  ExplainedOutcome,
  ExplainedRequest,
  ExplainedTarget,
  Explanation,
} from './explanation.js'
export type { Explainable, ExplainRequest } from './question.js'
