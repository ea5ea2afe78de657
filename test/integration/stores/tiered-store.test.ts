import { memoryStore, tieredStore } from 'edgewise'
import { storeContract } from './store-contract.js'

const memory = (): ReturnType<typeof memoryStore> => memoryStore({ maxBytes: 10_000_000, maxVariants: 4 })

storeContract('in two tiers', () => ({ make: () => tieredStore({ front: memory(), behind: memory(), frontMs: 100 }) }))
