import { type TestExchange, type TestExchangeOptions, testExchange } from 'edgewise/testing'

export type Asked = TestExchangeOptions

/** An exchange as filters see it, for a target below the base; what is odd in it is said. */
export const asked: (target: string, odd?: Asked) => TestExchange = testExchange
