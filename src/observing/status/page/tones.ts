import type { EndpointState } from '../../../upstream/endpoint.js'

/** How a state looks, beside its word: an icon and a colour, never a colour alone. */
export type Tone = 'good' | 'soft' | 'bad' | 'idle'

export interface Look {
  readonly word: string
  readonly tone: Tone
}

/** States as shown: the icon is named like the state. */
export const LOOKS: Readonly<Record<EndpointState, Look>> = {
  up: { word: 'Up', tone: 'good' },
  warming: { word: 'Warming up', tone: 'soft' },
  trial: { word: 'On trial', tone: 'soft' },
  ejected: { word: 'Ejected', tone: 'bad' },
  down: { word: 'Down', tone: 'bad' },
  drain: { word: 'Draining', tone: 'idle' },
  maintenance: { word: 'Maintenance', tone: 'idle' },
}
