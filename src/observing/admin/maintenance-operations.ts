import type { Maintenance } from '../../filters/pages/maintenance.js'
import { field } from './fields.js'
import { chosen, type Kind, kind, whichOf } from './names.js'
import type { Answer, Operation } from './operation.js'

export const SWITCHES: Kind<Maintenance> = kind(
  'what maintenance() makes',
  ({ begin, end }) => typeof begin === 'function' && typeof end === 'function',
)

/** Whether clients are told to come back later. */
export function maintenanceOperations(switches: ReadonlyMap<string, Maintenance>): readonly Operation[] {
  const show = (): Answer => ({ json: { maintenance: [...switches].map(([name, { active }]) => ({ name, active })) } })
  return [
    { method: 'GET', path: '/maintenance', name: 'switches', summary: 'Whether maintenance goes on.', run: show },
    {
      method: 'POST',
      path: '/maintenance',
      name: 'switch',
      summary: 'Answer clients with 503, or no longer.',
      body: {
        active: field.required(field.flag('Whether maintenance goes on from now on.')),
        until: field.text(
          'When it is to be over, for clients to know: a time as 2026-12-01T12:00:00Z. It does not end by itself.',
        ),
        name: whichOf(switches, 'Which maintenance() filter.'),
      },
      subject: ({ body }) => chosen(switches, body['name'])[0],
      run({ body }) {
        const [, filter] = chosen(switches, body['name'])
        const { active, until } = body as { readonly active: boolean; readonly until?: string }
        const end = until === undefined ? undefined : new Date(until)
        if (end !== undefined && (!active || Number.isNaN(end.getTime())))
          return { status: 400, detail: 'switch: "until" is a time as 2026-12-01T12:00:00Z, where "active" is true' }
        if (active) filter.begin(end)
        else filter.end()
        return show()
      },
    },
  ]
}
