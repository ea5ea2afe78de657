/** What a path pattern captures, by name: `:id` as `id`, `*` and `**` as `0`, `1`, … from the left. Of a pattern that is any text, any name. */
export type PathParams<Path extends string = string> = string extends Path
  ? Readonly<Record<string, string>>
  : { readonly [Name in keyof Captures<Path>]: string }

type Captures<
  Path extends string,
  Stars extends readonly unknown[] = [],
> = Path extends `${infer Segment}/${infer Rest}`
  ? Capture<Segment, Stars> & Captures<Rest, Segment extends `${string}*${string}` ? [...Stars, unknown] : Stars>
  : Capture<Path, Stars>

type Capture<Segment extends string, Stars extends readonly unknown[]> = Segment extends `:${infer Name}`
  ? { readonly [Each in Name]: string }
  : Segment extends `${string}*${string}`
    ? { readonly [Each in `${Stars['length']}`]: string }
    : unknown
