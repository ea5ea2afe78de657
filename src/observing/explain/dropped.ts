import { FieldKind, field } from '../../http/fields.js'
import type { HeaderMap } from '../../http/header-map.js'

const REASONS: Readonly<Record<number, string>> = {
  [FieldKind.hop]: 'it ends at this hop',
  [FieldKind.connection]: 'it ends at this hop',
  [FieldKind.transferEncoding]: 'it ends at this hop',
  [FieldKind.te]: 'it ends at this hop',
  [FieldKind.upgrade]: 'it ends at this hop',
  [FieldKind.forwarding]: 'the peer is not trusted to speak for others',
  [FieldKind.alias]: 'upstreams may read it as a field that is set here',
  [FieldKind.underscored]: 'names with "_" are dropped here',
}

/** Fields of a request that did not come through its header pass, and why. */
export function droppedFields(
  rawHeaders: readonly string[],
  headers: HeaderMap,
): readonly { readonly name: string; readonly why: string }[] {
  const dropped = new Map<string, string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const { name, kind } = field(rawHeaders[at]!)
    if (name.startsWith(':') || headers[name] !== undefined) continue
    dropped.set(name, REASONS[kind ?? 0] ?? 'Connection names it')
  }
  return [...dropped].map(([name, why]) => ({ name, why }))
}
