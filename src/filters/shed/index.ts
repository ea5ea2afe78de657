export type { Priority } from './priority.js'
export { type Shed, shed } from './shed.js'
export type { ShedOptions } from './shed-options.js'
