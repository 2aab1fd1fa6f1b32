--! keys: applied due contested
--! include: store/lib
-- Holds the share of a call its client complains of: it stays pending until it is freed, also one
-- that comes home only later (home.lua asks). ARGV: call, provider, now (ms).
-- No money moves, and again changes nothing but the time. Answers what is held of it by now.

local call, provider, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local row = redis.call('HGET', K_applied, call)
row = row and cmsgpack.unpack(row)
if row and row.provider ~= provider then return refuse('unknown_call') end
redis.call('HSET', K_contested, call, cmsgpack.pack({provider = provider, at = now}))
redis.call('ZREM', K_due, call)
return ok(row and row.due or 0)
