--! keys: acct live tariff meter
--! rows: tariff meter
--! include: tariff
-- What an owner's statement lines add up to at this instant; changes nothing.
-- ARGV: 'client' or 'provider', id. A client's line of a call is written when it ends: what a live
-- call has charged already is still part of the sum.

local kind, owner = ARGV[1], ARGV[2]
if kind == 'provider' then
  local pending, avail = 'pending:' .. owner, 'avail:' .. owner
  local balances = read_balances({pending, avail})
  return ok(balances[pending] + balances[avail])
end
local cash, promo = 'cash:' .. owner, 'promo:' .. owner
local balances = read_balances({cash, promo})
local money = balances[cash] + balances[promo]
local live = redis.call('HGET', K_live, owner)
if live then
  local m = read_meter(live)
  money = money + m.hold + charge(read_tariff(live), m.n)
end
return ok(money)
