import { memoryStore } from 'edgewise'
import { storeContract } from './store-contract.js'

storeContract('in memory', () => ({ make: () => memoryStore({ maxBytes: 10_000_000, maxVariants: 4 }) }))
