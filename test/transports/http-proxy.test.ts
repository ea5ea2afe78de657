import { describe } from 'vitest'
import { subject } from './far-side.js'
import { transportContract } from './transport-contract.js'

describe('httpProxy', () => transportContract(subject('httpProxy')))
