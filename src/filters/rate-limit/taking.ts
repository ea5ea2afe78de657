import type { Limiter, LimiterDecision } from '../../limiting/limiter.js'
import { refundableMs } from '../../limiting/refund.js'
import type { Milliseconds } from '../../options.js'

/** Units that an exchange wants of one limit for one key. */
export interface Wish {
  readonly name: string
  readonly limiter: Limiter
  readonly key: string
  readonly cost: number
}

/** What a limit said to a wish, and when it was asked. */
export interface Answered extends Wish {
  readonly decision: LimiterDecision
  readonly at: Milliseconds
}

/** Takes units of several limits, and gives them back. */
export class Taking {
  readonly #now: () => Milliseconds

  constructor(now: () => Milliseconds) {
    this.#now = now
  }

  /** Takes what all wishes want, or nothing: with the first that is denied, the last answer then, what was taken before is given back. */
  take(
    wishes: readonly Wish[],
    from = 0,
    answers: Answered[] = [],
  ): readonly Answered[] | Promise<readonly Answered[]> {
    for (let next = from; next < wishes.length; next++) {
      const wish = wishes[next]!
      const at = this.#now()
      const decision = wish.limiter.take(wish.key, wish.cost)
      if (decision instanceof Promise) return this.#wait(decision, at, wishes, next, answers)
      if (!this.#hear(wish, decision, at, answers)) break
    }
    return answers
  }

  /** Gives back what was taken, where that is still of use and no more than was taken. */
  give(answers: readonly Answered[]): void {
    for (const { limiter, key, cost, decision, at } of answers) {
      if (this.#now() - at < refundableMs(limiter.rule, decision)) void limiter.give(key, cost, decision)
    }
  }

  async #wait(
    coming: Promise<LimiterDecision>,
    at: Milliseconds,
    wishes: readonly Wish[],
    next: number,
    answers: Answered[],
  ): Promise<readonly Answered[]> {
    let decision: LimiterDecision
    try {
      decision = await coming
    } catch (error) {
      this.give(answers)
      throw error
    }
    return this.#hear(wishes[next]!, decision, at, answers) ? this.take(wishes, next + 1, answers) : answers
  }

  /** Gives back what a later limit denied, so that these stand as before. */
  #takeBack(answers: Answered[]): void {
    this.give(answers)
    for (const [at, answer] of answers.entries()) {
      const { decision, cost } = answer
      answers[at] = { ...answer, decision: { ...decision, remaining: decision.remaining + cost } }
    }
  }

  #hear(wish: Wish, decision: LimiterDecision, at: Milliseconds, answers: Answered[]): boolean {
    if (!decision.allowed) this.#takeBack(answers)
    const { name, limiter, key, cost } = wish
    answers.push({ name, limiter, key, cost, decision, at })
    return decision.allowed
  }
}
