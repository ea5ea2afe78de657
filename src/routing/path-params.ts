/**
 * What a path captures, as its pattern does: `:name` by its name, `*` and `**` by their number from the left, beginning at 0. Of a path that
 * is known only when the program runs, any names.
 */
export type PathParams<Path extends string = string> =
  // One path of several at a time.
  Path extends unknown
    ? IsKnown<Path> extends true
      ? { [Name in Names<Path>]: string }
      : Record<string, string>
    : never

/** Whether it is all literal: `string` and `${string}/:id` as keys are index signatures, which an empty object has. */
type IsKnown<Path extends string> = Record<never, never> extends Record<Path, unknown> ? false : true

/** Segment by segment; as many stars are behind as `Stars` is long. */
type Names<
  Path extends string,
  Stars extends readonly unknown[] = [],
  Found extends string = never,
> = Path extends `${infer Segment}/${infer Rest}`
  ? Names<Rest, After<Segment, Stars>, Found | Name<Segment, Stars>>
  : Found | Name<Path, Stars>

type Name<Segment extends string, Stars extends readonly unknown[]> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends `${string}*${string}`
    ? `${Stars['length']}`
    : never

type After<Segment extends string, Stars extends readonly unknown[]> = Segment extends `${string}*${string}`
  ? [...Stars, unknown]
  : Stars
