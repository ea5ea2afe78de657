// A store of your own: limits that are counted in a file, so that a quota that is used up stays so over a restart.
// COUNTS=counts.db keeps them; without it they are in memory.
import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { createGateway, type Decision, EdgeError, forward, type LimitRule, type LimitStore, rateLimit } from 'edgewise'
import { toNode } from 'edgewise/node'
import { startService } from './support/service.js'

interface SqliteLimitStoreOptions {
  /** Of the database; other processes of this machine may use it, too. */
  readonly path: string
  /** How long to wait for another process that writes, at most: this one stands still meanwhile. @default 50 */
  readonly busyMs?: number | undefined
  /** In events and metrics. @default 'sqlite' */
  readonly name?: string | undefined
  /** Milliseconds since 1970, which all who share the database go by. @default Date.now */
  readonly now?: (() => number) | undefined
}

const TAKE = `INSERT INTO counts (key, used, ends) VALUES (:key, :cost, :end)
  ON CONFLICT (key) DO UPDATE SET
    used = iif(ends > :now, used, 0) + :cost,
    ends = iif(ends > :now, min(ends, :end), :end)
  WHERE iif(ends > :now, used, 0) + :cost <= :limit
  RETURNING used, ends`

/**
 * Counts in a file: what was used up stays used up over a restart. Fixed windows, of a length or of the calendar.
 *
 * @throws EdgeError `ERR_EDGE_OPTION`.
 */
function sqliteLimitStore(options: SqliteLimitStoreOptions): LimitStore {
  const { path, busyMs = 50, name = 'sqlite', now = Date.now } = options
  if (typeof path !== 'string' || path === '')
    throw new EdgeError('ERR_EDGE_OPTION', `sqliteLimitStore: option "path" is ${path}; allowed: a path`)
  const db = new DatabaseSync(path, { timeout: busyMs })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  db.exec('CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, used INTEGER, ends INTEGER) WITHOUT ROWID')
  db.exec('CREATE INDEX IF NOT EXISTS ends ON counts (ends)')
  const sweep = db.prepare('DELETE FROM counts WHERE key IN (SELECT key FROM counts WHERE ends <= ? LIMIT 100)')
  const take = db.prepare(TAKE)
  const look = db.prepare('SELECT used, ends FROM counts WHERE key = ? AND ends > ?')
  const giveBack = db.prepare('UPDATE counts SET used = max(0, used - ?) WHERE key = ? AND ends > ?')
  const forget = db.prepare('DELETE FROM counts WHERE key = ?')
  let takes = 0
  return {
    name,
    // A look at a file asks nobody: explanations may.
    isLocal: true,
    open(rule, limitName) {
      if (rule.algorithm !== 'fixed-window')
        throw new EdgeError('ERR_EDGE_OPTION', `${name}: algorithm is ${rule.algorithm}; allowed: fixed-window`)
      const { limit, windowMs, period } = rule
      const scope = JSON.stringify([limitName, period ?? windowMs])
      const keyOf = (key: string): string =>
        createHash('sha256')
          .update(scope + key)
          .digest('base64url')
      const decide = (used: number, leftMs: number, cost: number): Decision => {
        const allowed = used + cost <= limit
        const remaining = Math.max(0, limit - used - (allowed ? cost : 0))
        const retryAfterMs = allowed ? 0 : cost > limit ? Infinity : Math.max(1, leftMs)
        return { allowed, limit, remaining, resetMs: leftMs, retryAfterMs }
      }
      const peek = (key: string, cost: number): Decision => {
        const at = now()
        const end = endOf(rule, at)
        const row = look.get(keyOf(key), at)
        if (row === undefined) return decide(0, cost === 0 || cost > limit ? 0 : end - at, cost)
        return decide(Number(row['used']), Math.min(Number(row['ends']), end) - at, cost)
      }
      return {
        peek,
        take(key, cost) {
          if (cost === 0 || cost > limit) return peek(key, cost)
          const at = now()
          if (++takes % 1_000 === 0) sweep.run(at)
          const row = take.get({ key: keyOf(key), cost, now: at, end: endOf(rule, at), limit })
          // No row was changed: there is no room.
          return row === undefined
            ? peek(key, cost)
            : decide(Number(row['used']) - cost, Number(row['ends']) - at, cost)
        },
        give: (key, cost) => void giveBack.run(cost, keyOf(key), now()),
        reset: (key) => void forget.run(keyOf(key)),
      }
    },
    close: () => db.close(),
  }
}

/** When the window ends that begins at a moment. */
function endOf({ windowMs, period }: LimitRule, at: number): number {
  if (period === null) return at + windowMs
  const date = new Date(at)
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  return (Math.floor(at / windowMs) + 1) * windowMs
}

const store = sqliteLimitStore({ path: process.env['COUNTS'] ?? ':memory:' })
const gateway = createGateway({
  filters: [rateLimit({ name: 'a-day', algorithm: 'fixed-window', limit: 100, period: 'day', store })],
  routes: [{ path: '/**', handler: forward(await startService('api')) }],
})

const server = http.createServer(toNode(gateway))
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/hello`)
})

process.once('SIGTERM', async () => {
  server.close()
  await gateway.close({ graceMs: 5_000 })
  await store.close()
})
