--! keys: acct live lots journal stmt
--! rows: lot
--! include: store/lib journal/statement wallets/lots
-- Takes back a client's promotional credit whose time is over. ARGV: client, now (ms).
-- Credit held by an open call is left alone until the call has ended. Answers what expired.

local client, now = ARGV[1], tonumber(ARGV[2])
local stored = redis.call('HGET', K_lots, client)
if not stored or redis.call('HEXISTS', K_live, client) == 1 then return ok(0) end
local promo = 'promo:' .. client
local balances = read_balances({promo, 'platform', 'cash:' .. client})
local kept, standing = {}, 0
for _, lot in ipairs(unspent(cmsgpack.unpack(stored), balances[promo])) do
  if lot[LOT_EXPIRES] == 0 or lot[LOT_EXPIRES] > now then
    kept[#kept + 1] = lot
    standing = standing + lot[LOT_MICROS]
  end
end
local gone = math.max(0, balances[promo] - standing)
local legs = {}
post(balances, legs, promo, -gone)
post(balances, legs, 'platform', gone)
if not in_range(balances, legs) then return refuse('out_of_range') end

if #kept > 0 then
  redis.call('HSET', K_lots, client, cmsgpack.pack(kept))
else
  redis.call('HDEL', K_lots, client)
end
if gone > 0 then
  write_balances(balances, legs)
  local entry = journal('expired', now, flat(legs), 'o', client)
  statement('client:' .. client, now, entry, {kind = 'promo_expired', amount = -gone,
    balance = balances[promo] + balances['cash:' .. client]})
end
return ok(gone)
