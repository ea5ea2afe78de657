// What the command lines of the smaller benches have in common.

import { parseArgs } from 'node:util'

/**
 * The options given: those that take whole numbers as numbers, `null` for what is not there. Prints the usage and ends for `--help`,
 * and for what makes no sense.
 *
 * @param {string} usage
 * @param {{ numbers?: Record<string, number>, texts?: readonly string[], flags?: readonly string[] }} known numbers with the most they may be
 */
export function readArguments(usage, { numbers = {}, texts = [], flags = [] }) {
  const names = Object.keys(numbers)
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries([...names, ...texts].map((name) => [name, { type: 'string' }])),
        ...Object.fromEntries(['help', ...flags].map((name) => [name, { type: 'boolean', default: false }])),
      },
    })
    if (values.help) exit(usage, 0)
    const asked = names.map((name) => [
      name,
      values[name] === undefined ? null : whole(name, values[name], numbers[name]),
    ])
    return { ...values, ...Object.fromEntries(asked) }
  } catch (error) {
    return exit(`${error.message}\n\n${usage}`, 2)
  }
}

function whole(name, text, most) {
  const number = Number(text)
  if (!(Number.isInteger(number) && number > 0 && number <= most))
    throw new Error(`--${name} must be a whole number up to ${most}, not ${text}`)
  return number
}

function exit(text, code) {
  ;(code === 0 ? console.log : console.error)(text)
  process.exit(code)
}
