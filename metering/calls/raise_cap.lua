--! keys: tariff receipt
--! rows: tariff
--! include: store/lib
-- Raises the most a client pays for a live call, or lifts it (-1); never lowers it, and a call
-- without one stays so. ARGV: call, cap (micros). Answers the cap that counts from the next tick.

local call, cap = ARGV[1], tonumber(ARGV[2])
local t = read_tariff(call)
if not t then
  local ended = redis.call('HEXISTS', K_receipt, call) == 1
  return refuse(ended and 'call_ended' or 'unknown_call')
end
if t.cap < 0 or (cap >= 0 and cap <= t.cap) then return ok(t.cap) end
t.cap = cap
redis.call('HSET', K_tariff, call, pack_tariff(t))
return ok(cap)
