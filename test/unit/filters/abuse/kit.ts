import type { Ban, Filter } from 'edgewise'
import { reply } from 'edgewise'
import { type Asked, asked } from '../../asked.js'

/** Runs a filter in front of a handler that answers with a status, and settles the exchange as an adapter does. */
export async function visit(
  filter: Filter,
  address: string,
  {
    path = '/',
    status = 200,
    odd = {},
  }: { readonly path?: string; readonly status?: number; readonly odd?: Asked } = {},
): Promise<number> {
  const exchange = asked(path, { ...odd, client: { address, ...odd.client } })
  const answer = await filter(exchange, async () => reply(status))
  exchange.settle({ status: answer.status })
  return answer.status
}

export async function repeat(times: number, run: (at: number) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < times; at++) await run(at)
}

export const keysOf = (bans: Ban): string[] => bans.list().map(({ key }) => key)
