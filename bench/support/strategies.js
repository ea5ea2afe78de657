// The balancers that the benches compare, made with the chance and the clock of the bench.

import * as edgewise from '../../dist/index.js'

/** Key of the hash strategies: a header field, in the simulation as on the wire. */
const key = { header: 'x-key' }

/**
 * @typedef {{ random?: () => number, now?: () => number }} Around what a simulation puts in place of the real ones
 * @typedef {object} Strategy
 * @property {string} name
 * @property {'O(1)' | 'O(log n)' | 'O(full)'} cost what a pick may cost; `firstAvailable` walks past those that are full
 * @property {(around?: Around) => import('../../dist/index.js').Balancer} make
 */

/** @type {readonly Strategy[]} */
export const strategies = [
  { name: 'roundRobin', cost: 'O(1)', make: () => edgewise.roundRobin() },
  { name: 'random', cost: 'O(1)', make: ({ random } = {}) => edgewise.random(random) },
  { name: 'leastConnections', cost: 'O(log n)', make: () => edgewise.leastConnections() },
  { name: 'leastTime', cost: 'O(log n)', make: ({ now } = {}) => edgewise.leastTime({ now }) },
  { name: 'leastBytes', cost: 'O(log n)', make: ({ now } = {}) => edgewise.leastBytes({ now }) },
  {
    name: 'powerOfTwoChoices',
    cost: 'O(1)',
    make: ({ random, now } = {}) => edgewise.powerOfTwoChoices({ random, now }),
  },
  {
    name: 'powerOfTwoChoices by time',
    cost: 'O(1)',
    make: ({ random, now } = {}) => edgewise.powerOfTwoChoices({ by: 'time', random, now }),
  },
  { name: 'ringHash', cost: 'O(1)', make: () => edgewise.ringHash({ key }) },
  { name: 'ringHash, bounded 125 %', cost: 'O(1)', make: () => edgewise.ringHash({ key, balanceFactor: 125 }) },
  { name: 'maglev', cost: 'O(1)', make: () => edgewise.maglev({ key }) },
  { name: 'maglev, bounded 125 %', cost: 'O(1)', make: () => edgewise.maglev({ key, balanceFactor: 125 }) },
  { name: 'firstAvailable', cost: 'O(full)', make: () => edgewise.firstAvailable() },
]

/** An exchange as far as hash strategies look at it. @param {string} value */
export const exchangeWith = (value) => ({ headers: { 'x-key': value } })
