--! keys: outbox receipt refund
-- What a partition still owes providers' homes. ARGV: a call, or '' for up to 256 of them.
-- Answers rows {call, provider, cumulative share, cumulative claw-back, ended at, refunded at} (ms).

local calls = {}
if ARGV[1] ~= '' then
  if redis.call('HEXISTS', K_outbox, ARGV[1]) == 1 then calls[1] = ARGV[1] end
else
  local found = redis.call('HSCAN', K_outbox, '0', 'COUNT', 256)[2]
  for i = 1, math.min(#found, 512), 2 do calls[#calls + 1] = found[i] end
end
local rows = {}
for i, call in ipairs(calls) do
  local receipt = cmsgpack.unpack(redis.call('HGET', K_receipt, call))
  local refund = redis.call('HGET', K_refund, call)
  refund = refund and cmsgpack.unpack(refund) or {share = 0, at = 0}
  rows[i] = {call, receipt.provider, receipt.share,
             refund.share, receipt.ended_at, refund.at}
end
return ok(rows)
