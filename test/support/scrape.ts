/** One number of a scrape. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What Prometheus would read. */
export interface Scrape {
  readonly series: readonly Series[]
  /** Type by name of the metric. */
  readonly types: ReadonlyMap<string, string>
  /** The one number of that name with these labels, whatever others it has; `undefined` if there is none. @throws if there are several. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d[\d.e+-]*|Inf)|\+Inf|NaN|Nan)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy

/** Reads Prometheus's text format 0.0.4 strictly. @throws Error for a bad line, a metric without a type, or a series that comes twice. */
export function parseScrape(text: string): Scrape {
  const series: Series[] = []
  const types = new Map<string, string>()
  const seen = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const typed = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line)
    if (typed !== null) {
      if (types.has(typed[1]!)) throw new Error(`a metric that comes twice: ${line}`)
      types.set(typed[1]!, typed[2]!)
      continue
    }
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
    if (name === undefined) throw new Error(`no line of the format: ${line}`)
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
    if (!types.has(family)) throw new Error(`a series without a type: ${line}`)
    const read = labelsOf(labels, line)
    const key = `${name} ${JSON.stringify(Object.entries(read).toSorted())}`
    if (seen.has(key)) throw new Error(`a series that comes twice: ${line}`)
    seen.add(key)
    series.push({ name, labels: read, value: value === '+Inf' ? Infinity : Number(value) })
  }
  return {
    series,
    types,
    value(name, labels = {}) {
      const found = series.filter(
        (each) =>
          each.name === name && Object.entries(labels).every(([label, wanted]) => each.labels[label] === wanted),
      )
      if (found.length > 1) throw new Error(`${found.length} series of ${name} have ${JSON.stringify(labels)}`)
      return found[0]?.value
    },
  }
}

function labelsOf(text: string, line: string): Record<string, string> {
  let end = 0
  const labels: Record<string, string> = {}
  for (const match of text.matchAll(LABEL)) {
    end = match.index + match[0].length
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char))
  }
  if (end !== text.length) throw new Error(`labels that can't be read: ${line}`)
  return labels
}
