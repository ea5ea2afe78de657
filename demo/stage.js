// Everything together: three upstreams, one of them weighted and one flaky, and the gateway in front.
import { flake } from './flake.js'
import { startGateway } from './gateway.js'
import { startUpstream } from './upstream.js'

/** @param {{ port: number, onMs: number, offMs: number }} options */
export async function setStage({ port, ...rhythm }) {
  const steady = await startUpstream('steady')
  const double = await startUpstream('double')
  const flaky = await startUpstream('flaky')
  const gateway = await startGateway(
    [
      { name: 'steady', url: steady.url },
      { name: 'double', url: double.url, weight: 2 },
      { name: 'flaky', url: flaky.url },
    ],
    { port },
  )
  const flaking = flake(flaky, rhythm)
  return {
    ...gateway,
    calmDown: () => flaking.stop(),
    async close() {
      await flaking.stop()
      await gateway.close()
      await Promise.all([steady, double, flaky].map((upstream) => upstream.off()))
    },
  }
}
