import type { AddressInfo, Server } from 'node:net'
import type { Ban } from '../../filters/abuse/ban.js'
import type { Sample } from './family.js'
import type { Section } from './section.js'

/** What `tlsOptions` makes, as far as it is looked at here. */
export interface MeasuredTls {
  /** Its certificates: names, and the end of each in milliseconds since 1970. */
  readonly inUse: readonly { readonly names: readonly string[]; readonly validTo: number }[]
}

/** What the application shows besides pools and gateways. */
export interface LookedAt {
  readonly servers: readonly Server[]
  readonly bans: readonly Ban[]
  readonly tls: readonly MeasuredTls[]
}

/** Servers' connections, certificates and bans, read when somebody scrapes. */
export function lookedAt({ servers, bans, tls }: LookedAt): Section {
  return {
    families: [
      {
        ...{ name: 'connections', help: 'Open connections of clients, by the server’s address.', type: 'gauge' },
        labels: ['server'],
        read: async () => addUp(await Promise.all(servers.map(connectionsOf))),
      },
      {
        ...{ name: 'certificate_expiry_timestamp_seconds', help: 'When a certificate in use ends.', type: 'gauge' },
        ...{ labels: ['name'], aggregator: 'min' },
        read: () => earliest(tls.flatMap(({ inUse }) => inUse)),
      },
      {
        ...{ name: 'bans_active', help: 'Clients that are banned.', type: 'gauge' },
        read: () => [{ labels: {}, value: bans.reduce((sum, ban) => sum + ban.list().length, 0) }],
      },
    ],
  }
}

async function connectionsOf(server: Server): Promise<readonly [address: string, count: number]> {
  const address = server.address()
  const count = await new Promise<number>((resolve, reject) =>
    server.getConnections((error, open) => (error === null ? resolve(open) : reject(error))),
  )
  return [shown(address), count]
}

function shown(address: AddressInfo | string | null): string {
  if (address === null) return 'closed'
  if (typeof address === 'string') return address
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${host}:${address.port}`
}

/** Several that have been closed are one series. */
function addUp(counts: readonly (readonly [string, number])[]): Sample[] {
  const sums = new Map<string, number>()
  for (const [server, count] of counts) sums.set(server, (sums.get(server) ?? 0) + count)
  return Array.from(sums, ([server, value]) => ({ labels: { server }, value }))
}

/** By their first name, and of those with the same the one that ends first. */
function earliest(certificates: MeasuredTls['inUse']): Sample[] {
  const ends = new Map<string, number>()
  for (const { names, validTo } of certificates) {
    const name = names[0] ?? 'unnamed'
    ends.set(name, Math.min(ends.get(name) ?? Number.POSITIVE_INFINITY, validTo / 1000))
  }
  return Array.from(ends, ([name, value]) => ({ labels: { name }, value }))
}
