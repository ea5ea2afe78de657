import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import dns2, { type DnsHandler, Packet } from 'dns2'

/** What the server does with a question: records, or something else. */
export type DnsAnswer = readonly DnsRecord[] | 'NXDOMAIN' | 'SERVFAIL' | 'garbage' | 'silence'

export interface DnsRecord {
  readonly ttl: number
  readonly address?: string
  readonly priority?: number
  readonly weight?: number
  readonly port?: number
  readonly target?: string
}

export interface DnsServer extends AsyncDisposable {
  /** As `127.0.0.1:5353`. */
  readonly at: string
  /** What it says of `name TYPE`, as `app.test A`; of others that they have no such record. */
  readonly zone: Map<string, DnsAnswer>
  /** When `name TYPE` was asked for. */
  asked(what: string): readonly number[]
}

// As published it compresses the target's name, which RFC 2782 forbids and resolvers refuse.
Object.assign((Packet.Resource as unknown as { SRV: object }).SRV, {
  encode(
    { priority, weight, port, target }: Required<DnsRecord>,
    writer: { write(value: number, bits: number): void },
  ) {
    for (const number of [priority, weight, port]) writer.write(number, 16)
    for (const label of target.split('.').filter((each) => each !== '')) {
      writer.write(label.length, 8)
      for (const byte of Buffer.from(label)) writer.write(byte, 8)
    }
    writer.write(0, 8)
  },
})

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' }

/** A real DNS server on a port of its own, over UDP; over TCP too, for answers that are too long, if it is told so. */
export async function dnsServer(
  zone: Readonly<Record<string, DnsAnswer>> = {},
  options: { readonly tcp?: boolean } = {},
): Promise<DnsServer> {
  const answers = new Map(Object.entries(zone))
  const questions: { readonly what: string; readonly at: number }[] = []
  const handle: DnsHandler = (request, send) => {
    const [question] = request.questions
    const what = `${question!.name} ${TYPES[question!.type!]}`
    questions.push({ what, at: performance.now() })
    const answer = answers.get(what) ?? []
    if (answer === 'silence') return
    if (answer === 'garbage') return void send(Buffer.from('this is no DNS message') as never)
    const reply = Packet.createResponseFromRequest(request)
    if (answer === 'NXDOMAIN') reply.header.rcode = 3
    else if (answer === 'SERVFAIL') reply.header.rcode = 2
    else
      for (const record of answer)
        reply.answers.push({ name: question!.name, type: question!.type, class: 1, ...record } as never)
    void send(reply)
  }
  const udp = dns2.createUDPServer(handle)
  let tcp: Server | null = null
  let port = 0
  if (options.tcp === true) {
    tcp = dns2.createTCPServer(handle)
    port = await listening(tcp, 0)
  }
  port = await listening(udp, port)
  return {
    at: `127.0.0.1:${port}`,
    zone: answers,
    asked: (what) => questions.filter((each) => each.what === what).map(({ at }) => at),
    async [Symbol.asyncDispose]() {
      await Promise.all([udp, tcp].map((each) => each && new Promise<void>((resolve) => each.close(() => resolve()))))
    },
  }
}

/** Waits until a server listens, and tells where. */
async function listening(server: Server | Socket, port: number): Promise<number> {
  const listens = once(server, 'listening')
  // Both kinds of dns2 take them in this order.
  ;(server as Server).listen(port, '127.0.0.1')
  await listens
  return (server.address() as AddressInfo).port
}
