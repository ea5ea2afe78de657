import { describe } from 'vitest'
import { subject } from './far-side.js'
import { transportContract } from './transport-contract.js'

describe('undici', () => transportContract(subject('undici')))
