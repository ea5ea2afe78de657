import { fieldValue, type HeaderMap } from '../../../http/header-map.js'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Whether a method changes nothing; one that is not known may (RFC 9110 §9.2.1). */
export function isSafe(method: string): boolean {
  return SAFE.has(method)
}

/** Whether an answer to an unsafe method outdates what is stored (RFC 9111 §4.4): it does when it is no error. */
export function outdates(status: number): boolean {
  return status >= 200 && status < 400
}

/**
 * What an answer to an unsafe method outdates besides its own URL: what Location and Content-Location name, on the same host only,
 * so that nobody can empty another's cache.
 *
 * @param url The request's own, absolute.
 */
export function outdatedUrls(url: string, answer: HeaderMap): URL[] {
  const own = URL.parse(url)
  const named = [fieldValue(answer, 'location'), fieldValue(answer, 'content-location')]
  return named.flatMap((reference) => {
    const found = reference === undefined || own === null ? null : URL.parse(reference, url)
    return found !== null && found.origin === own!.origin ? [found] : []
  })
}
