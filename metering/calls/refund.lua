--! keys: acct live meter receipt refund moved outbox idem lots journal stmt
--! rows: agreed mark moved
--! include: store/lib wallets/held journal/statement wallets/lots
-- Gives back a part of an ended call's charge, split as the charge was, never above it.
-- ARGV: call, key, hash of the request, now (ms), amount, note.
-- Splits are of the cumulative refund, so that parts add up exactly. Cash was spent last and comes
-- back first, promotional credit without a date. The provider's part leaves `earn` here and is clawed back at home by the outbox.

local call, key, hash = ARGV[1], ARGV[2], ARGV[3]
local now, amount, note = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local packed = redis.call('HGET', K_receipt, call)
if not packed then return refuse('unknown_call') end
local receipt = cmsgpack.unpack(packed)
local found = redis.call('HGET', K_refund, call)
local old = found and cmsgpack.unpack(found) or {charged = 0, fee = 0, share = 0, promo = 0, at = 0}

local done = redis.call('HGET', K_idem, key)
if done then
  if cmsgpack.unpack(done)[MARK_HASH] ~= hash then return refuse('duplicate_key') end
  return ok(old)
end
local total = old.charged + amount
if amount <= 0 or total > receipt.charged then
  return refuse('above_original', {left = receipt.charged - old.charged})
end
local fee = mul_div(total, receipt.tariff[AGREED_COMMISSION_BPS], 10000)
local cash_back = math.min(total, receipt.charged - receipt.promo)
local new = {charged = total, fee = fee, share = total - fee, promo = total - cash_back, at = now}

local cash, promo = 'cash:' .. receipt.client, 'promo:' .. receipt.client
local earn = 'earn:' .. receipt.provider
local balances = read_balances({cash, promo, earn, 'platform'})
local held = held_for(receipt.client)
local legs = {}
post(balances, legs, promo, new.promo - old.promo)
post(balances, legs, cash, amount - (new.promo - old.promo))
post(balances, legs, 'platform', old.fee - new.fee)
post(balances, legs, earn, old.share - new.share)
if not in_range(balances, legs) then return refuse('out_of_range') end

local promo_back = new.promo - old.promo
if promo_back > 0 then
  local lots = lots_after_grant(receipt.client, balances[promo] - promo_back + held, promo_back, 0)
  if not lots then return refuse('out_of_range') end
  redis.call('HSET', K_lots, receipt.client, cmsgpack.pack(lots))
end
redis.call('HSET', K_idem, key, pack_mark(hash, now, amount, 0))
redis.call('HSET', K_refund, call, cmsgpack.pack(new))
write_balances(balances, legs)
local moved = redis.call('HGET', K_moved, call)
moved = moved and cmsgpack.unpack(moved) or {0, 0}
local share_moved, claw_moved = moved[MOVED_SHARE], moved[MOVED_CLAW]
if share_moved < receipt.share or claw_moved < new.share then
  redis.call('HSET', K_outbox, call, text((receipt.share - share_moved) - (new.share - claw_moved)))
end
local entry = journal('refund', now, flat(legs), 'o', call, 'm', note)
statement('client:' .. receipt.client, now, entry, {
  kind = 'refund', amount = amount, call = call, note = note,
  balance = balances[cash] + balances[promo] + held,
})
return ok(new)
