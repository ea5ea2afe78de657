import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { EdgeError, type EdgeEvents, EventHub } from 'edgewise'
import { type RedisConnectionOptions, redisConnection, redisScript } from 'edgewise/redis'
import { afterEach, describe, expect, it } from 'vitest'
import { drained, eventually } from '../../support/index.js'

type Answer = (command: readonly string[]) => Promise<unknown>

/** A client that does what the test says; the question whether it is there is answered at once. */
class Client extends EventEmitter {
  status = 'ready'
  readonly sent: string[][] = []
  answer: Answer = async () => 'OK'

  callBuffer(...command: string[]): Promise<unknown> {
    if (command[0] === 'EXISTS') return this.status === 'ready' ? Promise.resolve(0) : new Promise(() => {})
    this.sent.push(command)
    return this.answer(command)
  }
}

const never: Answer = () => new Promise(() => {})
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

function kit(options: RedisConnectionOptions = {}, client = new Client()) {
  const events = new EventHub()
  const told: EdgeEvents['store'][] = []
  events.on('store', (event) => told.push(event))
  const connection = redisConnection(client, { timeoutMs: 30, probeMs: 5, events, ...options })
  closers.push(() => connection.close())
  return { connection, client, told }
}

const replyError =
  (message: string): Answer =>
  () =>
    Promise.reject(new Error(message))

describe('redisConnection', () => {
  it('sends nothing before it is first used', () => {
    const { client } = kit()
    expect(client.sent).toEqual([])
  })

  it('sends commands as they are, arguments and all', async () => {
    const { connection, client } = kit()
    expect(await connection.call('SET', 'k', 'v', Buffer.from([0xff]))).toBe('OK')
    expect(client.sent).toEqual([['SET', 'k', 'v', Buffer.from([0xff])]])
    expect(connection.up).toBe(true)
  })

  it('runs a script by its name, and sends its text only when Redis does not know it', async () => {
    const { connection, client, told } = kit()
    const script = redisScript('return 1')
    await connection.run(script, ['a', 'b'], ['1'])
    client.answer = (command) =>
      command[0] === 'EVALSHA' ? Promise.reject(new Error('NOSCRIPT No matching script.')) : Promise.resolve(7)
    expect(await connection.run(script, ['a'], [])).toBe(7)
    expect(client.sent).toEqual([
      ['EVALSHA', script.sha, '2', 'a', 'b', '1'],
      ['EVALSHA', script.sha, '1', 'a'],
      ['EVAL', 'return 1', '1', 'a'],
    ])
    expect(told).toEqual([])
    client.answer = replyError('OOM command not allowed')
    await expect(connection.run(script, ['a'], [])).rejects.toThrow('OOM')
    expect(client.sent).toHaveLength(4)
  })

  it('lets no more commands and bytes wait in the client than it was told, given up ones included', async () => {
    const { connection, client } = kit({ maxPending: 50, maxPendingBytes: 10_000 })
    await connection.call('PING', '')
    client.answer = never
    const ends = Promise.allSettled(Array.from({ length: 500 }, () => connection.call('GET', 'x')))
    await eventually(() => client.sent.length >= 50)
    for (const end of await ends) expect(end.status).toBe('rejected')
    expect(client.sent).toHaveLength(51)
    // Given up, they still are with the client.
    await expect(connection.call('GET', 'x')).rejects.toThrow('has too much to do')
  })

  it('counts their bytes', async () => {
    const { connection, client } = kit({ maxPendingBytes: 10_000 })
    await connection.call('PING', '')
    client.answer = never
    const call = (): Promise<unknown> => connection.call('SET', 'x', Buffer.alloc(3_000))
    const ends = await Promise.allSettled([call(), call(), call(), call()])
    expect(client.sent).toHaveLength(4)
    expect(String((ends[3] as PromiseRejectedResult).reason)).toContain('has too much to do')
  })

  it('counts those that wait for the first answer, too', async () => {
    const client = new Client()
    client.status = 'connecting'
    const { connection } = kit({ maxPending: 10 }, client)
    const ends = await Promise.allSettled(Array.from({ length: 100 }, () => connection.call('GET', 'x')))
    const reasons = ends.map((end) => String((end as PromiseRejectedResult).reason))
    expect(reasons.filter((reason) => reason.includes('has too much to do'))).toHaveLength(90)
    expect(client.sent).toEqual([])
  })

  it('makes room again when the client hands back what had been given up', async () => {
    const { connection, client } = kit({ maxPending: 1 })
    await connection.call('PING', '')
    const late = Promise.withResolvers<unknown>()
    client.answer = () => late.promise
    await expect(connection.call('GET', 'x')).rejects.toThrow('did not answer GET within 30 ms')
    await expect(connection.call('GET', 'x')).rejects.toThrow('too much to do')
    late.reject(new Error('Connection is closed.'))
    client.answer = async () => 'back'
    await eventually(async () => (await connection.call('GET', 'x').catch(() => '')) === 'back')
  })

  it('does not call late what came while the event loop was held up', async () => {
    const { connection, client } = kit()
    await connection.call('PING', '')
    // It comes behind the loop's turn for timers, as what is read from sockets does.
    await setImmediate()
    client.answer = () => setImmediate('here')
    const reply = connection.call('GET', 'x')
    for (const end = performance.now() + 60; performance.now() < end; );
    expect(await reply).toBe('here')
  })

  it('never hands a command to a client without a connection, which would send it some time later', async () => {
    const { connection, client, told } = kit()
    await connection.call('PING', '')
    client.status = 'reconnecting'
    await expect(connection.call('SET', 'x', 'old')).rejects.toThrow('is down')
    expect(client.sent).toHaveLength(1)
    expect(told).toEqual([{ store: 'redis', change: 'down', why: 'the client has no connection' }])
  })

  it.each(['LOADING Redis is loading', 'CLUSTERDOWN Hash slot not served', 'MASTERDOWN Link down', 'Socket closed'])(
    'is down after "%s"',
    async (message) => {
      const { connection, client, told } = kit()
      client.answer = replyError(message)
      await expect(connection.call('GET', 'x')).rejects.toMatchObject({ code: 'ERR_EDGE_STORE', status: 503 })
      expect(told[0]).toEqual({ store: 'redis', change: 'down', why: message })
    },
  )

  it.each(['OOM command not allowed', 'READONLY You', 'WRONGTYPE Operation', 'NOPERM this user', 'ERR syntax error'])(
    'is up after "%s", and tells of it once a second at most',
    async (message) => {
      const { connection, client, told } = kit()
      client.answer = replyError(message)
      for (let at = 0; at < 10; at++) {
        const error = await connection.call('SET', 'secret-key', 'v').catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(EdgeError)
        expect(String(error)).toContain(`answered SET with ${message.split(' ')[0]}`)
        expect(String(error)).not.toContain('secret-key')
        expect((error as Error).cause).toMatchObject({ message })
      }
      expect(connection.up).toBe(true)
      expect(told).toEqual([{ store: 'redis', change: 'refused', why: `SET: ${message}` }])
    },
  )

  it('judges an error inside a reply as one that is the reply', async () => {
    const { connection, told } = kit()
    await connection.call('PING', '')
    const refused = connection.refusal('EVALSHA', new Error('OOM command not allowed'))
    expect(refused).toMatchObject({ code: 'ERR_EDGE_STORE', cause: { message: 'OOM command not allowed' } })
    expect(connection.up).toBe(true)
    expect(told).toEqual([{ store: 'redis', change: 'refused', why: 'EVALSHA: OOM command not allowed' }])
    connection.refusal('EVALSHA', new Error('MASTERDOWN Link with MASTER is down'))
    expect(connection.up).toBe(false)
  })

  it('survives a client that throws, and one that rejects with what is no error', async () => {
    const { connection, client } = kit()
    client.answer = () => {
      throw new TypeError('bad argument')
    }
    await expect(connection.call('GET', 'x')).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
    await eventually(() => connection.up)
    client.answer = () => Promise.reject('words')
    await expect(connection.call('GET', 'x')).rejects.toMatchObject({ code: 'ERR_EDGE_STORE' })
  })

  it("keeps a client's loss of its connection from ending the process, and lets go of the client", async () => {
    const left = drained()
    const { connection, client } = kit()
    expect(() => client.emit('error', new Error('ECONNRESET'))).not.toThrow()
    await connection.call('PING', '')
    connection.close()
    connection.close()
    expect(client.eventNames()).toEqual([])
    await expect(connection.call('GET', 'x')).rejects.toThrow('is closed')
    await left()
  })

  it.each<[RedisConnectionOptions, string]>([
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs'],
    [{ probeMs: -1 }, 'probeMs'],
    [{ maxPending: 0 }, 'maxPending'],
    [{ maxPendingBytes: 1.5 }, 'maxPendingBytes'],
    [{ keyPrefix: '' }, 'keyPrefix'],
    [{ timeOutMs: 5 } as never, 'Did you mean "timeoutMs"'],
  ])('refuses the options %j', (options, named) => {
    expect(() => redisConnection(new Client(), options)).toThrow(named)
  })
})
