import type { Results } from './all.js'
import { failuresOf } from './failures.js'

/** The page of what went over the wire in each failure, by its number in the table. */
export function evidencePage(results: Results): string {
  const parts = failuresOf(results).map(({ number, attack, subjects, why, evidence }) => {
    const side = (name: string, texts: readonly string[]): string =>
      [`# ${name}`, ...(texts.length > 0 ? texts : ['nothing'])].join('\n')
    return `## ${number}

${attack.title.replace(/[\\`*_<>[\]|]/g, '\\$&')}. ${subjects.map(({ name }) => name).join('; ')}: ${why.replace(/[\\`*_<>[\]|]/g, '\\$&')}. The bytes are of ${subjects[0]!.name}.

\`\`\`text
${side('the client sent', evidence.sent)}
${side('the upstream got', evidence.upstreamGot)}
${side('the upstream sent', evidence.upstreamSent)}
${side('the client got', evidence.clientGot)}
\`\`\`
`
  })
  return `# What was sent and what came out

Of each failure in [the table](attacks.md): the last two connections and replies, as strings of JavaScript; a number is a wait in ms, \`end\` a FIN, \`reset\` a RST, \`stall\` silence. Long ones are shortened in the middle.

${parts.join('\n')}`
}
