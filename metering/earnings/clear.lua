--! keys: acct outbox moved receipt refund journal
--! rows: moved
--! include: store/lib
-- The home partition has applied these shares: clear them here. ARGV: rows
-- {call, share, claw} as home.lua answers. Only ever clears up to what home has applied.

local rows = cmsgpack.unpack(ARGV[1])
local names, found = {'external'}, {}
for i, row in ipairs(rows) do
  local receipt = redis.call('HGET', K_receipt, row.call)
  if receipt then
    found[i] = cmsgpack.unpack(receipt)
    names[#names + 1] = 'earn:' .. found[i].provider
  end
end
local balances = read_balances(names)
local legs, moved, settled, left = {}, {}, {}, {}
local now = 0
for i, row in ipairs(rows) do
  local receipt = found[i]
  if receipt then
    local call = row.call
    now = math.max(now, receipt.ended_at)
    local old = redis.call('HGET', K_moved, call)
    old = old and cmsgpack.unpack(old) or {0, 0}
    local refund = redis.call('HGET', K_refund, call)
    local clawed = refund and cmsgpack.unpack(refund).share or 0
    local share_before, claw_before = old[MOVED_SHARE], old[MOVED_CLAW]
    local share = math.max(share_before, math.min(row.share, receipt.share))
    local claw = math.max(claw_before, math.min(row.claw, clawed))
    local net = (share - share_before) - (claw - claw_before)
    post(balances, legs, 'earn:' .. receipt.provider, -net)
    post(balances, legs, 'external', net)
    if share > share_before or claw > claw_before then
      moved[#moved + 1] = call
      moved[#moved + 1] = pack_moved(share, claw)
    end
    if share == receipt.share and claw == clawed then
      settled[#settled + 1] = call
    else
      left[#left + 1] = call
      left[#left + 1] = text((receipt.share - share) - (clawed - claw))
    end
  end
end
if not in_range(balances, legs) then return refuse('out_of_range') end

write_balances(balances, legs)
if #moved > 0 then
  redis.call('HSET', K_moved, unpack(moved))
  journal('moved', now, flat(legs))
end
if #left > 0 then redis.call('HSET', K_outbox, unpack(left)) end
if #settled > 0 then redis.call('HDEL', K_outbox, unpack(settled)) end
return ok(#settled)
