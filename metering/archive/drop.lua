--! keys: receipt refund moved outbox base stmt
--! include: store/lib
-- Forgets records that are in the archive. ARGV: calls, statement lines (whole members).
-- A call whose share is not home yet stays. Answers how many records were dropped.

local calls, lines = cmsgpack.unpack(ARGV[1]), cmsgpack.unpack(ARGV[2])
local dropped = 0
for _, call in ipairs(calls) do
  if redis.call('HEXISTS', K_outbox, call) == 0 then
    dropped = dropped + redis.call('HDEL', K_receipt, call)
    redis.call('HDEL', K_refund, call)
    redis.call('HDEL', K_moved, call)
    redis.call('HDEL', K_base, 'n:' .. call)
  end
end
for _, line in ipairs(lines) do dropped = dropped + redis.call('ZREM', K_stmt, line) end
return ok(dropped)
