import express from 'express'
import { adapterContract } from './adapter-contract.js'
import { expressSpecific } from './express-specific.js'
import { expressHarness } from './harness/express.js'

adapterContract(expressHarness('express 5', express))
expressSpecific('express 5', express)
