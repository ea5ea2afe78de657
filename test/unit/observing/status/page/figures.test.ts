import { describe, expect, it } from 'vitest'
import { bytes, count, duration, moment, percent, rate } from '../../../../../src/observing/status/page/figures.js'

describe('figures', () => {
  it.each([
    [count(1_234_567), '1,234,567'],
    [rate(null), '–'],
    [rate(3.14), '3.1'],
    [rate(123.4), '123'],
    [percent(null), '–'],
    [percent(0), '0 %'],
    [percent(0.0001), '<0.1 %'],
    [percent(0.123), '12.3 %'],
    [duration(null), '–'],
    [duration(1.26), '1.3 ms'],
    [duration(250.4), '250 ms'],
    [duration(2_500), '2.5 s'],
    [bytes(0), '0 B'],
    [bytes(999), '999 B'],
    [bytes(1_500), '1.5 kB'],
    [bytes(2 ** 53), '9 PB'],
    [bytes(1e21), '1,000,000 PB'],
    [moment(0), '1970-01-01 00:00:00 UTC'],
  ])('%s is %s', (written, as) => expect(written).toBe(as))
})
