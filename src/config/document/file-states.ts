import { readText } from '../../upstream/discovery/read-text.js'

/** What files hold, or why they could not be read, by path. */
export type FileStates = ReadonlyMap<string, string | Error>

/** More than any of them has. */
const MOST_BYTES = 4 * 1024 * 1024

export async function statesOf(paths: Iterable<string>): Promise<FileStates> {
  return new Map(await Promise.all([...paths].map(async (path) => [path, await stateOf(path)] as const)))
}

export function stateOf(path: string): Promise<string | Error> {
  return readText(path, MOST_BYTES)
}

/** Whether they are the same files, with the same in them. */
export function sameFiles(some: FileStates, others: FileStates): boolean {
  const told = (state: string | Error | undefined): string | undefined =>
    state instanceof Error ? `error ${state.message}` : state === undefined ? undefined : `text ${state}`
  return some.size === others.size && [...some].every(([path, state]) => told(state) === told(others.get(path)))
}
