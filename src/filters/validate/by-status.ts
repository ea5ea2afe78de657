/** A thing for each status: `200`, a range as `2XX`, or `default` for the rest. */
export type ByStatus<T> = Readonly<Record<string, T>>

const STATUS = /^(?:[1-5]\d\d|[1-5]XX|default)$/i

/** Whether all of an object's keys name statuses, and there are some. */
export function isByStatus(value: object): boolean {
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key) => STATUS.test(key))
}

/** Finds what is given for a status: the status itself first, then its range, then the rest. */
export function compileByStatus<T>(given: ByStatus<T>): (status: number) => T | undefined {
  const known = new Map(Object.entries(given).map(([key, value]) => [key.toUpperCase(), value] as const))
  const rest = known.get('DEFAULT')
  return (status) => known.get(String(status)) ?? known.get(`${Math.floor(status / 100)}XX`) ?? rest
}
