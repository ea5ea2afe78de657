import { fileDiscovery } from 'edgewise'
import { describe, expect, it } from 'vitest'

describe('fileDiscovery', () => {
  it.each([
    [{}, /"path" is undefined/],
    [{ path: '' }, /"path"/],
    [{ path: 'a', intervalMs: 0 }, /"intervalMs" is 0/],
    [{ path: 'a', maxBytes: 0 }, /"maxBytes" is 0/],
    [{ path: 'a', parse: 'json' }, /"parse" is "json"; allowed: a function/],
    [{ path: 'a', interval: 1 }, /Did you mean "intervalMs"/],
  ])('refuses %j', (options, message) => {
    expect(() => fileDiscovery(options as never)).toThrow(message)
  })
})
