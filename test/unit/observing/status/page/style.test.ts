import { describe, expect, it } from 'vitest'
import { style } from '../../../../../src/observing/status/page/style.js'

/** Colours by name, as light and dark say them. */
const colours = new Map(
  [...style.matchAll(/--([\w-]+):light-dark\((#\w+),(#\w+)\)/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
)

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const digits =
    colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit) : colour.slice(1).match(/../g)!
  const [red, green, blue] = digits.map((pair) => {
    const value = Number.parseInt(pair, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(one: string, two: string): number {
  const [low, high] = [luminance(one), luminance(two)].toSorted((a, b) => a - b)
  return (high! + 0.05) / (low! + 0.05)
}

describe('the colours of the status page', () => {
  const texts = ['text', 'soft', 'accent', 'good', 'warn', 'bad', 'idle']
  const grounds = ['ground', 'card', 'raised', 'bad-ground']

  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground])))(
    '%s on %s has the contrast of WCAG AA in both themes',
    (text, ground) => {
      for (const theme of ['light', 'dark'] as const)
        expect(contrast(colours.get(text!)![theme], colours.get(ground!)![theme])).toBeGreaterThanOrEqual(4.5)
    },
  )
})
