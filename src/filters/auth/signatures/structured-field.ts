/** A bare item of a structured field (RFC 9651 §3.3), with its type: `1` and `1.0`, `"a"` and `a` are not the same. */
export type BareItem =
  | { readonly type: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'display'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'boolean'; readonly value: boolean }

export type Parameters = ReadonlyMap<string, BareItem>

export interface Item {
  readonly bare: BareItem
  readonly params: Parameters
}

export interface InnerList {
  readonly items: readonly Item[]
  readonly params: Parameters
}

export type Member = Item | InnerList
export type Dictionary = ReadonlyMap<string, Member>

/** What a structured field is as a whole. */
export type StructuredType = 'item' | 'list' | 'dictionary'

/** The one way to write a member (RFC 9651 §4.1): signatures are made over this. */
export function writeMember(member: Member): string {
  if ('bare' in member) return writeItem(member)
  return `(${member.items.map(writeItem).join(' ')})${writeParameters(member.params)}`
}

export function writeItem({ bare, params }: Item): string {
  return writeBare(bare) + writeParameters(params)
}

export function writeList(members: readonly Member[]): string {
  return members.map(writeMember).join(', ')
}

export function writeDictionary(dictionary: Dictionary): string {
  return [...dictionary]
    .map(([key, member]) =>
      'bare' in member && isTrue(member.bare) ? key + writeParameters(member.params) : `${key}=${writeMember(member)}`,
    )
    .join(', ')
}

function writeParameters(params: Parameters): string {
  let text = ''
  for (const [key, bare] of params) text += isTrue(bare) ? `;${key}` : `;${key}=${writeBare(bare)}`
  return text
}

function isTrue(bare: BareItem): boolean {
  return bare.type === 'boolean' && bare.value
}

function writeBare(bare: BareItem): string {
  switch (bare.type) {
    case 'integer':
      return String(bare.value)
    case 'decimal':
      return Number.isInteger(bare.value) ? bare.value.toFixed(1) : String(bare.value)
    case 'date':
      return `@${bare.value}`
    case 'string':
      return `"${bare.value.replace(/["\\]/g, '\\$&')}"`
    case 'token':
      return bare.value
    case 'bytes':
      return `:${Buffer.from(bare.value).toString('base64')}:`
    case 'boolean':
      return bare.value ? '?1' : '?0'
    case 'display':
      return `%"${[...Buffer.from(bare.value)].map(writeDisplayByte).join('')}"`
  }
}

function writeDisplayByte(byte: number): string {
  const char = String.fromCharCode(byte)
  return byte < 0x20 || byte > 0x7e || char === '%' || char === '"' ? `%${byte.toString(16).padStart(2, '0')}` : char
}
