/** Odd, with bits all over; of two lanes so that what meets in one does not in the other. */
const ONE = 0x2f0b4c47
const OTHER = 0x6a3d39e5

const seed = (): number => Math.trunc(Math.random() * 2 ** 32)

/**
 * Makes a hash of 53 bits, as many as a number holds, with seeds that nobody knows. Two keys of 100,000 have the same with a probability
 * of 5 in ten million, and would be limited together then. Never 0.
 */
export function keyHasher(): (key: string) => number {
  const [oneSeed, otherSeed] = [seed(), seed()]
  return (key) => {
    let one = oneSeed ^ key.length
    let other = otherSeed
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at)
      one = Math.imul(one ^ code, ONE)
      other = Math.imul((other << 5) ^ (other >>> 27) ^ code, OTHER)
    }
    // What has gathered in the high bits comes down, and each lane reaches into the other.
    one = Math.imul(one ^ (one >>> 16) ^ (other >>> 11), OTHER)
    other = Math.imul(other ^ (other >>> 15) ^ (one >>> 13), ONE)
    one ^= one >>> 16
    other ^= other >>> 14
    return (one & 0x1f_ffff) * 2 ** 32 + (other >>> 0) || 1
  }
}
