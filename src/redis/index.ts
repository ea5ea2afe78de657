export type { IoredisLike, NodeRedisLike, RedisArgument, RedisClientLike, RedisReply } from './client.js'
export { type RedisConnection, type RedisConnectionOptions, redisConnection } from './connection.js'
export { type RedisStore, type RedisStoreOptions, redisStore } from './redis-store.js'
export { type RedisScript, redisScript } from './script.js'
