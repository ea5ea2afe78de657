import type { Harness } from './harness.js'

/** The harness of a framework, as `express-4`, loaded when asked for. */
export async function harnessOf(name: string): Promise<Harness> {
  const file = name.replace(/-\d$/, '')
  const { [file]: exported, expressHarness } = await import(`./${file}.js`)
  if (expressHarness === undefined) return exported
  return expressHarness(name, (await import(name === 'express-4' ? 'express-4' : 'express')).default)
}
