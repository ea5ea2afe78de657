import { expect, it } from 'vitest'
import { IdleConnections, type KeptConnection } from '../../../src/forwarding/idle-connections.js'
import { eventually } from '../../support/index.js'

it('a connection whose time was over before it was given back, in a process that stood still, is closed without a warning', async () => {
  const warnings: string[] = []
  const heard = ({ name }: Error): void => void warnings.push(name)
  process.on('warning', heard)
  const idle = new IdleConnections<KeptConnection>(() => expect.unreachable(), 60_000)
  let discarded = false
  const connection: KeptConnection = {
    usable: true,
    idleUntil: performance.now() - 4_000,
    connectedAt: 0,
    discard: () => {
      discarded = true
      idle.gone(connection)
    },
  }
  idle.give(connection)
  await eventually(() => discarded)
  await idle.close()
  process.off('warning', heard)
  expect(warnings).toEqual([])
})
