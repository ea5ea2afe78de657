import type { Ban } from '../../filters/abuse/ban.js'
import { field, refusalOf } from './fields.js'
import { chosen, type Kind, kind, whichOf } from './names.js'
import type { Operation } from './operation.js'
import { PAGE_FIELDS, pageOf } from './paging.js'

export const BANS: Kind<Ban> = kind(
  'what ban() makes',
  ({ list, lift }) => typeof list === 'function' && typeof lift === 'function',
)

/** Ten years: whoever is meant to stay away for good belongs on a list of addresses. */
const LONGEST_BAN_MS = 315_360_000_000

/** Who is banned, who is to be, and who no longer. */
export function banOperations(bans: ReadonlyMap<string, Ban>): readonly Operation[] {
  const list = whichOf(bans, 'Which list of bans.')
  const key = field.required(field.text('The client’s address, or what the ban goes by.'))
  return [
    {
      method: 'GET',
      path: '/bans',
      name: 'bans',
      summary: 'The bans that hold, the newest of each list first.',
      query: { ...PAGE_FIELDS, list: { ...list, required: false } },
      run: (asked) => {
        const { list: wanted } = asked.query
        const lists = [...bans].filter(([name]) => wanted === undefined || name === wanted)
        const all = lists.flatMap(([name, each]) => each.list().map((entry) => [name, entry] as const))
        return { json: pageOf(all, asked, '/bans', ([name, entry]) => ({ list: name, ...entry })) }
      },
    },
    {
      method: 'POST',
      path: '/bans',
      name: 'ban',
      summary: 'Ban a client, in place of a ban that it has.',
      body: {
        key,
        banMs: field.required(field.whole(1, LONGEST_BAN_MS, 'For how long, in milliseconds.')),
        why: field.text('For those who read the list.'),
        list,
      },
      subject: ({ body }) => String(body['key']),
      run({ body }) {
        const [name, chosenList] = chosen(bans, body['list'])
        const address = body['key'] as string
        try {
          chosenList.ban(address, body['banMs'] as number, body['why'] as string | undefined)
        } catch (error) {
          return refusalOf(error)
        }
        return { json: { list: name, key: address, banned: chosenList.has(address) } }
      },
    },
    {
      method: 'DELETE',
      path: '/bans',
      name: 'lift',
      summary: 'End a client’s ban, and forget that it was.',
      query: { key, list },
      subject: ({ query }) => String(query['key']),
      run({ query }) {
        const [name, chosenList] = chosen(bans, query['list'])
        const address = query['key'] as string
        return { json: { list: name, key: address, banned: false, lifted: chosenList.lift(address) } }
      },
    },
  ]
}
