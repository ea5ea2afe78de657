import { parseAuthority } from '../../http/authority.js'

/** Host names, each exact or any below one: `*.example.com`. Compared label by label: `evil-example.com` is not below `example.com` (H-042). */
export class HostSet {
  readonly #exact = new Set<string>()
  readonly #below: string[] = []

  /** Adds a name of one of both kinds; false if it is neither. A port, where there is one, is part of the name. */
  add(name: string): boolean {
    const wild = name.startsWith('*.')
    const named = parseAuthority(wild ? name.slice(2) : name)
    if (named === null) return false
    const port = named.port === null ? '' : `:${named.port}`
    if (wild) this.#below.push(`.${named.host}${port}`)
    else this.#exact.add(`${named.host}${port}`)
    return true
  }

  /** @param name Lower case, as {@link parseAuthority} gives it, with its port if the names have theirs. */
  has(name: string): boolean {
    return this.#exact.has(name) || this.#below.some((suffix) => name.length > suffix.length && name.endsWith(suffix))
  }
}
