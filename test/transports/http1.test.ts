import { describe } from 'vitest'
import { subject } from './far-side.js'
import { transportContract } from './transport-contract.js'

describe('http1', () => transportContract(subject('http1')))
