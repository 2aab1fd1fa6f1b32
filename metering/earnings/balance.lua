--! keys: acct paid applied contested
--! include: store/lib
-- A provider's money at home, at one instant; changes nothing. ARGV: provider.
-- Answers {pending, available, requested, paid out, of pending what is held for reports}.

local provider = ARGV[1]
local pending, avail, set_aside = 'pending:' .. provider, 'avail:' .. provider, 'payout:' .. provider
local balances = read_balances({pending, avail, set_aside})
local holds, held = redis.call('HGETALL', K_contested), 0
for i = 1, #holds, 2 do
  if cmsgpack.unpack(holds[i + 1]).provider == provider then
    local row = redis.call('HGET', K_applied, holds[i])
    if row then held = held + cmsgpack.unpack(row).due end
  end
end
local paid = tonumber(redis.call('HGET', K_paid, provider) or 0)
return ok({balances[pending], balances[avail], balances[set_aside], paid, held})
