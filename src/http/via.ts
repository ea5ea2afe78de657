import { listMembers } from './field-list.js'

/** Appends this hop to a Via field (RFC 9110 §7.6.3). */
export function appendVia(via: string | undefined, httpVersion: string, pseudonym: string): string {
  const hop = `${httpVersion} ${pseudonym}`
  return via === undefined ? hop : `${via}, ${hop}`
}

/** Whether a request has passed here before (H-056). */
export function isLoop(via: string | undefined, pseudonym: string): boolean {
  if (via === undefined || !via.includes(pseudonym)) return false
  return listMembers(via).some((hop) => hop.split(/[ \t]+/)[1] === pseudonym)
}
