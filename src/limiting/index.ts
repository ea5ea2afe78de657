export type { CalendarPeriod, LimitAlgorithm, LimitRule, LimitRuleOptions } from './rule.js'
export type { Decision, LimitCounter, LimitStore } from './store.js'
