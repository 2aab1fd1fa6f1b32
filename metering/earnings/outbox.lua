--! keys: outbox receipt refund
--! include: store/lib
-- What a partition still owes providers' homes. ARGV: a call, or '' for some hundred of them; the
-- cursor they begin at. Answers the next cursor and rows
-- {call, provider, share, claw, ended_at, refunded_at}: cumulative share and claw-back, times in ms;
-- the provider is '' when the receipt is lost.

local calls, cursor = {}, '0'
if ARGV[1] ~= '' then
  if redis.call('HEXISTS', K_outbox, ARGV[1]) == 1 then calls[1] = ARGV[1] end
else
  local found = redis.call('HSCAN', K_outbox, ARGV[2], 'COUNT', 256)
  cursor = found[1]
  for i = 1, #found[2], 2 do calls[#calls + 1] = found[2][i] end
end
local rows = {}
for i, call in ipairs(calls) do
  local receipt = redis.call('HGET', K_receipt, call)
  receipt = receipt and cmsgpack.unpack(receipt) or {provider = '', share = 0, ended_at = 0}
  local refund = redis.call('HGET', K_refund, call)
  refund = refund and cmsgpack.unpack(refund) or {share = 0, at = 0}
  rows[i] = {call = call, provider = receipt.provider, share = receipt.share, claw = refund.share,
    ended_at = receipt.ended_at, refunded_at = refund.at}
end
return ok({cursor, rows})
