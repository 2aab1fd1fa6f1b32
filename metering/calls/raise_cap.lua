--! keys: tariff receipt
-- Raises the most a client pays for a live call, or lifts it (-1); never lowers it, and a call
-- without one stays so. ARGV: call, cap (micros). Answers the cap that counts from the next tick.

local call, cap = ARGV[1], tonumber(ARGV[2])
local row = redis.call('HGET', K_tariff, call)
if not row then
  local ended = redis.call('HEXISTS', K_receipt, call) == 1
  return refuse(ended and 'call_ended' or 'unknown_call')
end
local client, price, period, free, gift, initial, increment, bps, known, held, held_promo, provider =
  struct.unpack(TARIFF_ROW, row)
if known < 0 or (cap >= 0 and cap <= known) then return ok(known) end
redis.call('HSET', K_tariff, call, struct.pack(TARIFF_ROW, #client, client, price, period, free,
  gift, initial, increment, bps, cap, held, held_promo, #provider, provider))
return ok(cap)
