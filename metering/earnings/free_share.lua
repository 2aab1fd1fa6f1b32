--! keys: applied due contested
--! include: store/lib
-- Ends a hold of hold_share.lua: the share waits for the end of its dispute window again, or for
-- release.lua at once when that is over. ARGV: call, dispute window (ms), now (ms), and '' or a
-- time: a hold of then or later is left alone. Without a hold: nothing.
-- Answers 1 when there is something to release now, else 0.

local call, window, now, before = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local held = redis.call('HGET', K_contested, call)
if not held then return ok(0) end
if before ~= '' and cmsgpack.unpack(held).at >= tonumber(before) then return ok(0) end
redis.call('HDEL', K_contested, call)
local row = redis.call('HGET', K_applied, call)
row = row and cmsgpack.unpack(row)
if not row or row.due == 0 then return ok(0) end
local available = row.at + window
redis.call('ZADD', K_due, text(available), call)
return ok(available <= now and 1 or 0)
