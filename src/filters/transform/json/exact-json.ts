/** What ECMAScript 2026 adds, which every Node that is supported has. */
const json = JSON as unknown as {
  parse(text: string, revive: (name: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
}

/** Numbers that JavaScript may not hold as they are written: many digits, an exponent, or a negative zero. Also matches within strings. */
const RISKY = /[\d.]{16}|\d[eE]|-0/

/**
 * Reads JSON so that {@link JSON.stringify} writes every number as the number it was: one that a double can't hold, as 2⁵³ + 1 or 1e400,
 * becomes the object of `JSON.rawJSON` that says it (H-160). `__proto__` is a name like any other (H-154).
 *
 * The text's depth must be bounded: V8 revives and writes recursively.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  // Reviving takes ten times as long as parsing, and few texts need it.
  return RISKY.test(text) ? json.parse(text, exact) : JSON.parse(text)
}

function exact(_name: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value
  const written = String(value)
  return written === context.source || plainForm(written) === plainForm(context.source)
    ? value
    : rawNumber(context.source)
}

/** A number that is written as it is. */
export function rawNumber(text: string): object {
  return json.rawJSON(text)
}

/** A number's sign, digits and exponent without zeros that say nothing: `1.50e3` and `1500` are `15e2`. */
function plainForm(number: string): string {
  const [, sign = '', whole = number, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  if (kept === '') return `${sign}0`
  return `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}

/** Whether a value has members or items: a number that is kept as it was written is an object to JavaScript, too. */
export function isContainer(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && !json.isRawJSON(value)
}
