import { overlap } from './overlap.js'

// node --import ./test/support/source-loader.ts test/integration/stopping/print-overlap.ts [cluster|reusePort] [rounds] [clients that connect anew each time]
const [how = 'cluster', rounds = '1', newcomers = '8'] = process.argv.slice(2)
for (let round = 0; round < Number(rounds); round++) {
  const { talks, ...seen } = await overlap({
    how: how as 'cluster' | 'reusePort',
    requests: 2_000,
    sockets: 200,
    newcomers: Number(newcomers),
  })
  const well = talks.filter(({ closeCode, torn, sound }) => closeCode === 1001 && torn === 0 && sound)
  const messages = talks.reduce((sum, talk) => sum + talk.messages, 0)
  console.log(JSON.stringify({ how, ...seen, webSockets: talks.length, closedWell: well.length, messages }))
}
