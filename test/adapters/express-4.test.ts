import express from 'express-4'
import { adapterContract } from './adapter-contract.js'
import { expressSpecific } from './express-specific.js'
import { expressHarness } from './harness/express.js'

adapterContract(expressHarness('express 4', express))
expressSpecific('express 4', express)
