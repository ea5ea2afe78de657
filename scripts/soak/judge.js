// What a soak has to show: the reasons why it does not, if there are any.

const MEBIBYTE = 1024 * 1024
/** What one clock reads while another process acts on it. */
const SLACK_MS = 1_000

/** The most that a figure may have grown over the second half. The heap's is what garbage collections leave to chance. */
const GROWTH = { rss: 32, heapUsed: 4, external: 8, arrayBuffers: 8 }
/** What must be nought when nothing is under way. */
const NOUGHT = ['requests', 'tunnels', 'leases', 'endpointTunnels', 'queued', 'clients', 'activeSockets']
/** Objects that idle connections and health checks hold a few of: by how many more than at the start. */
const OBJECTS = {
  exchanges: 4,
  attempts: 4,
  leaseObjects: 4,
  socketObjects: 60,
  timers: 120,
  listeners: 0,
  openFiles: 0,
  activeTimers: 4,
}
/** A gateway that refuses everybody loses nothing, either. */
const MOST_DENIED = 0.01

/** Sorts the suspects: those that a kill explains, and the others. */
export function sorted(suspects, kills) {
  const explained = []
  const faults = []
  for (const each of suspects) (explains(each, kills) ? explained : faults).push(each)
  return { explained, faults }
}

function explains({ what, idempotent, upstream, from, to, why }, kills) {
  const under = kills.filter(({ at }) => at >= from - SLACK_MS && at <= to + SLACK_MS)
  if (what === 'wrong' || why?.startsWith('hangs')) return false
  // Its head had gone out, and its upstream died: nobody can take that back, only break it visibly.
  if (what === 'broken') return under.some(({ name }) => name === upstream)
  return !idempotent && under.length > 0
}

/**
 * @param {{ samples: Record<string, number>[], counts: Record<string, Record<string, number>>, suspects: object[], kills: object[],
 *   wanted: { kills: number }, complaints: string[] }} run
 * @returns {string[]} what is wrong
 */
export function judge({ samples, counts, suspects, kills, wanted, complaints }) {
  const reasons = [...complaints]
  const { faults } = sorted(suspects, kills)
  for (const what of ['unanswered', 'broken', 'wrong']) {
    const these = faults.filter((each) => each.what === what)
    if (these.length > 0) reasons.push(`${these.length} ${what}, as ${JSON.stringify(these.slice(0, 3))}`)
  }
  if (kills.length < wanted.kills) reasons.push(`only ${kills.length} kills of ${wanted.kills}`)
  for (const [kind, { whole = 0 }] of Object.entries(counts)) if (whole === 0) reasons.push(`no "${kind}" went well`)
  const all = total(counts)
  const denied = total(Object.fromEntries(Object.entries(counts).filter(([kind]) => kind !== 'get, limited')), 'denied')
  if (denied > all * MOST_DENIED) reasons.push(`${denied} of ${all} requests denied`)
  if (samples.length >= 3) reasons.push(...leaks(samples), ...growth(samples))
  else reasons.push('too few samples')
  return reasons
}

export function total(counts, what) {
  let sum = 0
  for (const each of Object.values(counts))
    for (const [name, count] of Object.entries(each)) if (what === undefined || name === what) sum += count
  return sum
}

/** Open sockets that lead to no upstream: those that the process listens on, and whatever should not be there. */
export const strays = ({ openSockets, upstreamConnections }) => openSockets - upstreamConnections

function leaks(samples) {
  const reasons = []
  const [start] = samples
  for (const [at, sample] of samples.entries()) {
    for (const name of NOUGHT) if (sample[name] !== 0) reasons.push(`sample ${at}: ${sample[name]} ${name} at rest`)
    const more = strays(sample) - strays(start)
    if (more > 0) reasons.push(`sample ${at}: ${more} open sockets that lead nowhere`)
    for (const [name, more] of Object.entries(OBJECTS))
      if (sample[name] > start[name] + more)
        reasons.push(`sample ${at}: ${sample[name]} ${name}, ${start[name]} at the start`)
  }
  return reasons
}

function growth(samples) {
  const half = samples.length >> 1
  const middle = samples[half]
  const end = samples.at(-1)
  return Object.entries(GROWTH).flatMap(([name, most]) => {
    const grown =
      name === 'rss'
        ? // Pages that nobody needs are given back when the allocator likes (measured: 50 MiB up and down): two samples in a row must be high.
          Math.min(...samples.slice(-2).map(({ rss }) => rss)) - Math.max(samples[half - 1].rss, middle.rss)
        : end[name] - middle[name]
    if (grown < most * MEBIBYTE) return []
    return `${name} grew by ${(grown / MEBIBYTE).toFixed(1)} MiB in the second half; ${most} are allowed`
  })
}
