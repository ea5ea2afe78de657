import type { EdgeError } from '../../errors.js'
import type { RedisReply } from '../client.js'
import type { RedisConnection } from '../connection.js'
import type { RedisScript } from '../script.js'
import type { LimitOperation } from './algorithm.js'

/** What a script says of one key. */
export interface Answer {
  readonly remaining: number
  readonly resetMs: number
  /** -1 for never. */
  readonly retryMs: number
}

interface Question {
  readonly key: string
  readonly cost: number
  readonly resolve: (answer: Answer) => void
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
  readonly #rule: readonly string[]
  readonly #most: number
  #operation: LimitOperation = 'take'
  #questions: Question[] = []
  #underWay = 0

  constructor(connection: RedisConnection, script: RedisScript, rule: readonly string[]) {
    this.#connection = connection
    this.#script = script
    this.#rule = rule
    // Keys of a cluster's several nodes can't stand in one command.
    this.#most = connection.cluster ? 1 : MOST
  }

  /** Those of one caller are answered in order. */
  ask(operation: LimitOperation, key: string, cost: number): Promise<Answer> {
    if (operation !== this.#operation) this.flush()
    this.#operation = operation
    return new Promise((resolve, reject) => {
      const count = this.#questions.push({ key, cost, resolve, reject })
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
    const costs = questions.map(({ cost }) => String(cost))
    const keys = questions.map(({ key }) => key)
    this.#underWay++
    this.#connection.run(this.#script, keys, [this.#operation, ...this.#rule, ...costs]).then(
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
        resolve({ remaining, resetMs: Number(reply[3 * at + 1]), retryMs: Number(reply[3 * at + 2]) })
        continue
      }
      failure ??= this.#connection.refusal('EVALSHA', new Error(String(remaining ?? 'ERR it is no answer')))
      reject(failure)
    }
  }
}
