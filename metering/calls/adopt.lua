--! keys: meter receipt
--! rows: meter
--! include: store/lib
-- A process takes a live call over. ARGV: call, owner, the epoch it already holds (0 for none).
-- Keeps its epoch when that still stands; else raises it, and every older owner is fenced off.

local call, owner, held = ARGV[1], ARGV[2], tonumber(ARGV[3])
local m = read_meter(call)
if not m then
  if redis.call('HEXISTS', K_receipt, call) == 1 then return refuse('call_ended') end
  return refuse('unknown_call')
end
if owner == '' or #owner > 255 then return refuse('out_of_range') end
if m.epoch ~= held or m.owner ~= owner then
  m.epoch, m.owner = m.epoch + 1, owner
  redis.call('HSET', K_meter, call, pack_meter(m))
end
return ok({m.epoch, m.proof, m.n})
