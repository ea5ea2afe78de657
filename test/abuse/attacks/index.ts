import type { Attack } from '../attack.js'
import { failures } from './failures.js'
import { fields } from './fields.js'
import { flow } from './flow.js'
import { framing } from './framing.js'
import { replies } from './replies.js'
import { targets } from './targets.js'
import { tunnels } from './tunnels.js'

/** The table, by what is attacked. */
export const groups: readonly (readonly [heading: string, attacks: readonly Attack[]])[] = [
  ['Framing of requests', framing],
  ['Targets', targets],
  ['Header fields', fields],
  ['Replies', replies],
  ['Failure', failures],
  ['Flow and resources', flow],
  ['WebSockets and upgrades', tunnels],
]

export const attacks: readonly Attack[] = groups.flatMap(([, each]) => each)
