/** What Edgewise does with clients' fields that neither nginx nor HAProxy does, as they are configured here. */
export interface FieldClass {
  readonly name: string
  readonly why: string
  readonly differences: RegExp
}

export const FIELD_CLASSES: readonly FieldClass[] = [
  {
    name: 'fields of this hop',
    why: 'Trailer, Keep-Alive, Proxy-Authorization and the like end here, and what Connection nominates; `TE: trailers` goes on (H-050, H-053 to H-055)',
    differences: /^(?:dropped: (?:hop|upgrade|te|nominated)|changed: te|added: te)$/,
  },
  {
    name: 'claims of a client that is not trusted',
    why: 'X-Real-IP, Forwarded and the like, also with underscores (H-060 to H-062)',
    differences: /^dropped: (?:forwarding|alias)$/,
  },
  {
    name: 'underscored names',
    why: 'forwarded, unless they are aliases of fields that Edgewise sets, or `underscoreHeaders` says otherwise (H-062); nginx drops them',
    differences: /^added: underscored$/,
  },
  {
    name: 'Max-Forwards',
    why: 'counted down by one (H-057)',
    differences: /^changed: max-forwards$/,
  },
]

export function fieldClassOf(difference: string): FieldClass | undefined {
  return FIELD_CLASSES.find(({ differences }) => differences.test(difference))
}
