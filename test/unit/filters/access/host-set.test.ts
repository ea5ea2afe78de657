import { describe, expect, it } from 'vitest'
import { HostSet } from '../../../../src/filters/access/host-set.js'

describe('a set of hosts', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['EXAMPLE.com.', 'example.com', true],
    ['example.com', 'a.example.com', false],
    ['example.com', 'evil-example.com', false],
    ['example.com', 'example.com.evil.test', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', '.example.com', false],
    ['*.example.com', 'evil-example.com', false],
    ['*.example.com', 'a.example.com:8080', false],
    ['*.example.com:8080', 'a.example.com:8080', true],
    ['example.com:8080', 'example.com', false],
    ['[::1]', '[::1]', true],
  ])('H-042 of %s has %s: %s', (entry, host, expected) => {
    const hosts = new HostSet()
    expect(hosts.add(entry)).toBe(true)
    expect(hosts.has(host)).toBe(expected)
  })

  it.each(['', '*', '*.', 'a*.example.com', 'exa mple.com', 'example.com/x', 'me@example.com', 'https://example.com'])(
    'refuses %j',
    (entry) => expect(new HostSet().add(entry)).toBe(false),
  )
})
