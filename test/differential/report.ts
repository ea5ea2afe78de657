import { shown } from '../support/index.js'
import { CLASSES } from './classes.js'
import type { Finding } from './examine.js'
import { FIELD_CLASSES } from './field-classes.js'
import type { Results } from './run.js'
import type { Step } from './steps.js'

/** The run as a table, with what it found. */
export function report({ cases, second, agreed, classes, faults, once, ms }: Results, seed: number): string {
  const lines = [
    `seed ${seed}: ${cases} cases over http1, ${second} of them over httpProxy, too; ${(ms / 1_000).toFixed(1)} s`,
    `${agreed} of ${cases + second}: all three alike`,
    '',
    '| class | nginx | HAProxy | both | |',
    '| --- | ---: | ---: | ---: | --- |',
  ]
  for (const { name, harmful, why } of [...CLASSES, ...FIELD_CLASSES.map((each) => ({ ...each, harmful: false }))]) {
    const { counts = {} } = classes.get(name) ?? {}
    const columns = ['nginx', 'HAProxy', 'both'].map((who) => counts[who] ?? 0)
    lines.push(`| ${name} | ${columns.join(' | ')} | ${harmful ? 'harmful: ' : ''}${why} |`)
  }
  lines.push('', `${faults.length} faults, ${once.length} seen once only`)
  for (const finding of faults) lines.push('', fault(finding))
  for (const finding of once) lines.push('', `once: ${fault(finding)}`)
  return lines.join('\n')
}

/** One finding, so that it can be done again. */
export function fault({ number, name, bytes, lane, faults, steps }: Finding): string {
  const told = steps.map(
    (each, at) => `  ${['Edgewise', 'nginx', 'HAProxy'][at]!.padEnd(8)} ${each.map(brief).join(', ')}`,
  )
  return [
    `case ${number} over ${lane}: ${name}`,
    ...faults.map((each) => `  ! ${each}`),
    `  ${visible(bytes)}`,
    ...told,
  ].join('\n')
}

function visible(bytes: string): string {
  return shown(bytes, 1_000).replace(/[\x7f-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`)
}

function brief(step: Step): string {
  if (step.kind === 'answered') return String(step.status)
  if (step.kind === 'closed' || step.kind === 'waited') return step.kind
  const { method, target, host, body } = step.request
  const message = `${method} ${target.slice(0, 60)} of ${host} with ${body.length} bytes`
  if (step.kind === 'broken') return `broken ${message}${step.status === null ? '' : `, ${step.status}`}`
  return step.strict ? message : `${message} (not strictly HTTP/1.1)`
}
