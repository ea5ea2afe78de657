import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { MutableHeaderMap } from '../../http/header-map.js'
import type { Limiter } from '../../limiting/limiter.js'
import type { Milliseconds } from '../../options.js'
import type { Answered } from './taking.js'

/** Which revision of draft-ietf-httpapi-ratelimit-headers the fields follow. */
export type StandardHeaders = 'draft-6' | 'draft-7' | 'draft-8' | false

/** Writes how limits stand into a reply's fields. */
export type WriteFields = (headers: MutableHeaderMap, answers: readonly Answered[]) => void

/** @returns `null` if there is nothing to write. */
export function fieldWriter(standard: StandardHeaders, legacy: boolean): WriteFields | null {
  const writers: WriteFields[] = []
  if (legacy) writers.push(writeLegacy)
  if (standard === 'draft-6') writers.push(writeDraft6)
  if (standard === 'draft-7') writers.push(writeDraft7)
  if (standard === 'draft-8') writers.push(draft8Writer())
  if (writers.length < 2) return writers[0] ?? null
  return (headers, answers) => {
    for (const write of writers) write(headers, answers)
  }
}

/** Whole seconds, rounded up: whoever comes back then is not too early. */
export function seconds(ms: Milliseconds): number {
  return Math.ceil(ms / 1_000)
}

/** Of each limit the key that stands worst, beside what others have written: several limits show. */
function draft8Writer(): WriteFields {
  const policyOf = policies()
  return (headers, answers) => {
    for (const [at, answer] of answers.entries()) {
      if (answers.some((other, place) => other.name === answer.name && isTighter(other, place, answer, at))) continue
      const { name, decision } = answer
      append(headers, 'ratelimit', `"${name}"; r=${decision.remaining}; t=${seconds(decision.resetMs)}`)
      append(headers, 'ratelimit-policy', policyOf(answer))
    }
  }
}

/** Partition keys are hashes, which take long: those of each limit's last keys are remembered. */
function policies(): (answer: Answered) => string {
  const memos = new Map<Limiter, LRUCache<string, string>>()
  const memoOf = (limiter: Limiter): LRUCache<string, string> => {
    const known = memos.get(limiter)
    if (known !== undefined) return known
    const made = new LRUCache<string, string>({ max: 1024 })
    memos.set(limiter, made)
    return made
  }
  return ({ name, key, limiter }) => {
    const memo = memoOf(limiter)
    const known = memo.get(key)
    if (known !== undefined) return known
    const policy = policyOf(name, key, limiter)
    if (key.length <= 256) memo.set(key, policy)
    return policy
  }
}

function policyOf(name: string, key: string, { rule }: Limiter): string {
  // As express-rate-limit makes them: the base64 of twelve hexadecimal digits.
  const partition = Buffer.from(hash('sha256', key).slice(0, 12)).toString('base64')
  return `"${name}"; q=${rule.limit}; w=${seconds(rule.windowMs)}; pk=:${partition}:`
}

function writeDraft7(headers: MutableHeaderMap, answers: readonly Answered[]): void {
  const { limiter, decision } = tightest(answers)
  headers['ratelimit-policy'] = `${decision.limit};w=${seconds(limiter.rule.windowMs)}`
  headers['ratelimit'] = `limit=${decision.limit}, remaining=${decision.remaining}, reset=${seconds(decision.resetMs)}`
}

function writeDraft6(headers: MutableHeaderMap, answers: readonly Answered[]): void {
  const { limiter, decision } = tightest(answers)
  headers['ratelimit-policy'] = `${decision.limit};w=${seconds(limiter.rule.windowMs)}`
  headers['ratelimit-limit'] = String(decision.limit)
  headers['ratelimit-remaining'] = String(decision.remaining)
  headers['ratelimit-reset'] = String(seconds(decision.resetMs))
}

function writeLegacy(headers: MutableHeaderMap, answers: readonly Answered[]): void {
  const { decision } = tightest(answers)
  headers['x-ratelimit-limit'] = String(decision.limit)
  headers['x-ratelimit-remaining'] = String(decision.remaining)
  headers['x-ratelimit-reset'] = String(seconds(Date.now() + decision.resetMs))
}

/** What denied, or else has least left: these fields have room for one limit. */
function tightest(answers: readonly Answered[]): Answered {
  return answers.reduce((one, other) => (isTighter(other, 1, one, 0) ? other : one))
}

function isTighter(one: Answered, place: number, other: Answered, otherPlace: number): boolean {
  if (one.decision.allowed !== other.decision.allowed) return !one.decision.allowed
  const less = one.decision.remaining - other.decision.remaining
  return less === 0 ? place < otherPlace : less < 0
}

function append(headers: MutableHeaderMap, name: string, value: string): void {
  const before = headers[name]
  headers[name] = before === undefined ? value : typeof before === 'string' ? [before, value] : [...before, value]
}
