--! keys: acct tariff n proof epoch call receipt
-- Where a call stands, live or ended; changes nothing. ARGV: call.

local call = ARGV[1]
local row = redis.call('HGET', K_tariff, call)
if not row then
  local receipt = redis.call('HGET', K_receipt, call)
  if not receipt then return refuse('unknown_call') end
  return ok({'ended', cmsgpack.unpack(receipt)})
end
local t = cmsgpack.unpack(row)
local cash, promo, hold = 'cash:' .. t[CLIENT], 'promo:' .. t[CLIENT], 'hold:' .. call
local balances = read_balances({cash, promo, hold})
local n = tonumber(redis.call('HGET', K_n, call))
local charged = charge(t, n)
local money = balances[cash] + balances[promo] + balances[hold]
local limit = affordable(t, charged + money)
local record = cmsgpack.unpack(redis.call('HGET', K_call, call))
return ok({'live', {
  client = t[CLIENT], provider = t[PROVIDER], service = record.service, tariff = record.tariff,
  opened_at = record.opened_at, n = n, proof = tonumber(redis.call('HGET', K_proof, call)),
  charged = charged, share = charged - platform_part(t, charged), balance = money,
  affordable = limit and math.max(0, limit - n) or -1, token = redis.call('HGET', K_epoch, call),
}})
