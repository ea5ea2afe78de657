import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Results } from './all.js'
import type { Attack } from './attack.js'
import { attacks, groups } from './attacks/index.js'
import { HAPROXY_CONFIG, NGINX_CONFIG } from './controls.js'
import { type Failure, failuresOf } from './failures.js'
import type { Subject } from './subjects.js'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** Text as a cell or line of Markdown may hold it. */
const plain = (text: string): string => text.replace(/[\\`*_<>[\]|]/g, '\\$&')

/** The page of the table. */
export function tablePage(results: Results, node: string): string {
  const failures = failuresOf(results)
  return `${[
    INTRO,
    ...standing(results, node),
    ...groups.flatMap(([heading, each]) => group(heading, each, results, failures)),
    ...configurations([...results.keys()]),
  ].join('\n')}\n`
}

const INTRO = `# Under attack: Edgewise and other proxies

The same attacks, faults and bad inputs, sent over raw sockets to Edgewise, to four proxies for Node, and to nginx and HAProxy as
controls. The numbers \`H-…\` are those of the families that Edgewise's tests name in their titles. A test asserts that Edgewise holds
every row, over \`http1()\`, its default, and \`httpProxy()\`; of the others nothing is asserted.

- ✓ holds. ✗ fails: the number leads to [what was sent and what came out](attacks-evidence.md), the note below the table says why. – is not offered.
- A proxy holds a row when what the row's rule asks for comes about. Refusing is always right. So is passing bytes on as they came, where
  nobody is deceived by it.
- nginx and HAProxy show whether a row is fair. Where they fail as well, the rule is one that is widely ignored, and the note says which RFC asks for it.
- Each is set up as its own documentation recommends: error handlers, timeouts (a second, unless the row says otherwise), X-Forwarded-* where
  there is an option for it, and a hook that sets \`X-Tenant: edge\` on each request. A request that reaches the upstream without that mark is one that the
  proxy never saw. [The set-ups](#the-set-ups) are below. Versions are the newest on npm and Debian's of the controls.
- A failure counts when it came twice in a row, so that a busy machine is nobody's fault. A crash is an exit of the process, with no other row under way in it.
- Node's server refuses much by itself, and all proxies on Node have the use of that: most of the first table is its merit. An older Node may do worse.
- We chose the rows, from a list of faults that we collected while we built Edgewise, and mended it until it held them. Keep that in mind. Its
  \`httpProxy()\` stands on http-proxy-3, and its WebSockets do.

To repeat it: \`node scripts/abuse.js\`, which takes about a minute and a half and writes both pages anew. If a verdict is wrong, or a better set-up would hold
a row, tell us, and we change the page.
`

function standing(results: Results, node: string): readonly string[] {
  const lines = [...results].map(([{ name, version }, verdicts]) => {
    const count = (kind: string): string => String([...verdicts.values()].filter((each) => each.kind === kind).length)
    return row([name, version(), count('held'), count('failed'), count('not offered')])
  })
  return [
    `## Standing`,
    '',
    `${attacks.length} rows, on Node ${node}.`,
    '',
    row(['Proxy', 'Version', 'Holds', 'Fails', 'Not offered']),
    row(['---', '---', '---', '---', '---']),
    ...lines,
    '',
  ]
}

function group(
  heading: string,
  of: readonly Attack[],
  results: Results,
  failures: readonly Failure[],
): readonly string[] {
  const subjects = [...results.keys()]
  const cell = (attack: Attack, subject: Subject): string => {
    const verdict = results.get(subject)?.get(attack)
    if (verdict?.kind === 'held') return '✓'
    if (verdict?.kind !== 'failed') return verdict?.kind === 'not offered' ? '–' : '?'
    const failure = failures.find((each) => each.attack === attack && each.subjects.includes(subject))!
    return `✗ [${failure.number}](attacks-evidence.md#${failure.number})`
  }
  const notes = of.flatMap((attack) => {
    const mine = failures.filter((failure) => failure.attack === attack)
    if (mine.length === 0) return []
    const told = mine.map(
      ({ number, subjects: by, why }) => `  - ${number}: ${by.map(({ name }) => name).join('; ')}: ${plain(why)}.`,
    )
    return [
      `- **${plain(attack.title)}**. ${plain(attack.rule)}${attack.note ? ` ${plain(attack.note)}` : ''}`,
      ...told,
    ]
  })
  return [
    `## ${heading}`,
    '',
    row(['', ...subjects.map(({ name }) => name)]),
    row(['---', ...subjects.map(() => ':-:')]),
    ...of.map((attack) => row([plain(attack.title), ...subjects.map((subject) => cell(attack, subject))])),
    '',
    ...(notes.length > 0 ? [...notes, ''] : []),
  ]
}

function configurations(subjects: readonly Subject[]): readonly string[] {
  const shown = subjects.flatMap((subject) => {
    if (subject.kind !== 'node') {
      const text = subject.kind === 'nginx' ? NGINX_CONFIG : HAPROXY_CONFIG
      return [`### ${subject.name}`, '', '```text', text.trim(), '```', '']
    }
    const path = fileURLToPath(subject.module)
    const file = path.slice(path.lastIndexOf('/') + 1)
    const text = readFileSync(
      file.startsWith('edgewise') ? new URL('edgewise.ts', subject.module) : subject.module,
      'utf8',
    )
    return file === 'edgewise-http-proxy.ts'
      ? []
      : [`### ${subject.name}`, '', '```js', text.trim().replace(/^export interface[\s\S]*?\n}\n\n/m, ''), '```', '']
  })
  const lacks = subjects.flatMap(({ name, lacks: each }) =>
    Object.values(each ?? {}).map((why) => `- ${name}: ${why}.`),
  )
  return [
    '## The set-ups',
    '',
    '`target`, `prefix` and `timeoutMs` are of the row.',
    '',
    ...shown,
    '## Not offered',
    '',
    ...lacks,
  ]
}
