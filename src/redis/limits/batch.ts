import type { EdgeError } from '../../errors.js'
import type { Decision } from '../../limiting/store.js'
import type { Milliseconds } from '../../options.js'
import type { RedisReply } from '../client.js'
import type { RedisConnection } from '../connection.js'
import type { RedisScript } from '../script.js'
import type { LimitOperation } from './algorithm.js'

interface Question {
  readonly key: string
  readonly cost: string
  readonly resolve: (decision: Decision) => void
  readonly reject: (error: unknown) => void
}

/** More in one run would hold Redis, which does one thing at a time, up for others: some 2 µs each. */
const MOST = 100

/**
 * Questions of one limit that come in one turn of the event loop, asked in one run of its script: for client and Redis alike most of what
 * a decision costs is the command around it. Nobody waits for others to come.
 */
export class Batch {
  readonly #connection: RedisConnection
  readonly #script: RedisScript
  readonly #limit: number
  readonly #rule: readonly string[]
  readonly #most: number
  #operation: LimitOperation = 'take'
  #questions: Question[] = []
  #underWay = 0

  constructor(connection: RedisConnection, script: RedisScript, limit: number, rule: readonly string[]) {
    this.#connection = connection
    this.#script = script
    this.#limit = limit
    this.#rule = rule
    // Keys of a cluster's several nodes can't stand in one command.
    this.#most = connection.cluster ? 1 : MOST
  }

  /** Those of one caller are answered in order. */
  ask(operation: LimitOperation, key: string, cost: number): Promise<Decision> {
    if (operation !== this.#operation) this.flush()
    this.#operation = operation
    return new Promise((resolve, reject) => {
      const count = this.#questions.push({ key, cost: String(cost), resolve, reject })
      if (count >= this.#most) this.flush()
      else if (count === 1) this.#later()
    })
  }

  /**
   * While an answer is on its way, what comes from all sockets of this turn can go together; else there are no others yet, and another
   * turn would cost as much as it could save.
   */
  #later(): void {
    const flush = (): void => this.flush()
    if (this.#underWay > 0) setImmediate(flush)
    else process.nextTick(flush)
  }

  /** Sends what has come, so that what is sent next comes after it. */
  flush(): void {
    const questions = this.#questions
    if (questions.length === 0) return
    this.#questions = []
    this.#underWay++
    const keys = questions.map(({ key }) => key)
    const args = [this.#operation, ...this.#rule, ...questions.map(({ cost }) => cost)]
    this.#connection.run(this.#script, keys, args).then(
      // Whatever came, nobody is left waiting.
      (reply) => {
        this.#underWay--
        this.#tell(questions, Array.isArray(reply) ? reply : [])
      },
      (error) => {
        this.#underWay--
        for (const { reject } of questions) reject(error)
      },
    )
  }

  #tell(questions: readonly Question[], reply: readonly RedisReply[]): void {
    let failure: EdgeError | undefined
    for (const [at, { resolve, reject }] of questions.entries()) {
      const remaining = reply[3 * at]
      if (typeof remaining === 'number') {
        resolve(this.#decision(remaining, Number(reply[3 * at + 1]), Number(reply[3 * at + 2])))
        continue
      }
      failure ??= this.#connection.refusal('EVALSHA', new Error(String(remaining ?? 'ERR it is no answer')))
      reject(failure)
    }
  }

  #decision(remaining: number, resetMs: Milliseconds, retryMs: Milliseconds): Decision {
    const retryAfterMs = retryMs < 0 ? Number.POSITIVE_INFINITY : retryMs
    return { allowed: retryMs === 0, limit: this.#limit, remaining, resetMs, retryAfterMs }
  }
}
