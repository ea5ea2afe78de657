import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { certificates } from '../../support/certificates.js'

it('signs a leaf for the names', () => {
  const { ca, cert, key } = certificates({ names: ['a.test', '::1', '127.0.0.1'] })
  const leaf = new X509Certificate(cert)
  const authority = new X509Certificate(ca)
  expect(leaf.verify(authority.publicKey)).toBe(true)
  expect(leaf.checkHost('a.test')).toBe('a.test')
  expect(leaf.checkHost('b.test')).toBeUndefined()
  expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(authority.ca).toBe(true)
  expect(key).toContain('PRIVATE KEY')
})

it('gives the same again, and others for another authority', () => {
  const first = certificates()
  const other = certificates({ authority: 'Somebody else' })
  expect(certificates()).toEqual(first)
  expect(other.ca).not.toBe(first.ca)
  expect(new X509Certificate(other.cert).verify(new X509Certificate(first.ca).publicKey)).toBe(false)
})
