import { describe } from 'vitest'
import { inProcess } from './far-side.js'
import { transportContract } from './transport-contract.js'

describe('local', () => transportContract({ name: 'local', transport: () => undefined, far: inProcess, network: null }))
