--! keys: acct tariff meter call receipt
--! rows: tariff meter
--! include: tariff
-- Where a call stands, live or ended; changes nothing. ARGV: call.

local call = ARGV[1]
local t = read_tariff(call)
if not t then
  local receipt = redis.call('HGET', K_receipt, call)
  if not receipt then return refuse('unknown_call') end
  return ok({'ended', cmsgpack.unpack(receipt)})
end
local m = read_meter(call)
local n = m.n
local cash, promo = 'cash:' .. t.client, 'promo:' .. t.client
local balances = read_balances({cash, promo})
local charged = charge(t, n)
local money = balances[cash] + balances[promo] + m.hold
local limit = affordable(t, charged + money)
local record = cmsgpack.unpack(redis.call('HGET', K_call, call))
return ok({'live', {
  client = t.client, provider = t.provider, service = record.service, tariff = record.tariff,
  opened_at = record.opened_at, n = n, proof = m.proof,
  charged = charged, share = charged - platform_part(t, charged), balance = money,
  affordable = limit and math.max(0, limit - n) or -1, token = text(m.epoch) .. ':' .. m.owner,
}})
