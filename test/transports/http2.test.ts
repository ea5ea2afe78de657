import { describe } from 'vitest'
import { http2Subjects } from './far-side-http2.js'
import { transportContract } from './transport-contract.js'

describe.each(http2Subjects)('$name', (subject) => transportContract(subject))
