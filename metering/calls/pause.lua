--! keys: tariff pause receipt
--! rows: pause
--! include: store/lib
-- Notes when a call's clock was stopped and started. ARGV: call, 'pause' or 'resume', now (ms).

local call, what, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local MAX_PAUSES = 256
if redis.call('HEXISTS', K_tariff, call) == 0 then
  local ended = redis.call('HEXISTS', K_receipt, call) == 1
  return refuse(ended and 'call_ended' or 'unknown_call')
end
local pauses = cmsgpack.unpack(redis.call('HGET', K_pause, call) or cmsgpack.pack({}))
local last = pauses[#pauses]
local paused = last and not last[PAUSE_TILL]
if (what == 'pause') == (paused or false) then return ok(0) end
if what == 'pause' then
  if #pauses >= MAX_PAUSES then return refuse('out_of_range') end
  pauses[#pauses + 1] = {now}
else
  last[PAUSE_TILL] = math.max(now, last[PAUSE_SINCE])
end
redis.call('HSET', K_pause, call, cmsgpack.pack(pauses))
return ok(1)
