export const V2_SIGNATURE: Buffer = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** A version 2 header with these bytes behind its head, and the length that they have. */
export function v2(versionAndCommand: number, familyAndTransport: number, content: readonly number[]): Buffer {
  const length = [content.length >> 8, content.length & 255]
  return Buffer.from([...V2_SIGNATURE, versionAndCommand, familyAndTransport, ...length, ...content])
}
