export { type Server, until } from "./container.ts";
export { type PostgresServer, startPostgres } from "./postgres.ts";
export { type RedisServer, startRedis } from "./redis.ts";
