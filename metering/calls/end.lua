--! keys: acct tariff meter spans pause call receipt live outbox probe journal stmt
--! rows: tariff meter pause posted
--! include: tariff calls/charge journal/statement
-- Ends a call: the last charge from stored proof, the hold released, the receipt stored.
-- ARGV: call, now (ms), reason. Again for an ended call: its receipt.

local call, now, reason = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local stored = redis.call('HGET', K_receipt, call)
if stored then return ok({0, cmsgpack.unpack(stored)}) end
local t = read_tariff(call)
if not t then return refuse('unknown_call') end

local m = read_meter(call)
local record = cmsgpack.unpack(redis.call('HGET', K_call, call))
local n, proof, promoted = m.n, m.proof, m.promoted
local pauses = cmsgpack.unpack(redis.call('HGET', K_pause, call) or cmsgpack.pack({}))

local cash, promo, hold = 'cash:' .. t.client, 'promo:' .. t.client, 'hold:' .. call
local earn, in_call = 'earn:' .. t.provider, 'share:' .. call
local balances = read_balances({cash, promo, 'platform', earn})
balances[hold], balances[in_call] = m.hold, m.share
local legs = {}
local posted = charge(t, n)
local money = m.hold + balances[promo] + balances[cash]
local target = target_of(n, proof, affordable(t, posted + money))
local charged = charge(t, target)
local fee = platform_part(t, charged)
local share = charged - fee

local due = charged - posted
local from_hold = math.min(due, m.hold)
local from_promo = math.min(due - from_hold, balances[promo])
post(balances, legs, hold, -from_hold)
post(balances, legs, promo, -from_promo)
post(balances, legs, cash, from_hold + from_promo - due)
post(balances, legs, 'platform', fee - (posted - m.share))
post(balances, legs, in_call, -m.share)
post(balances, legs, earn, share)
promoted = promoted + from_promo

-- Ticks drew on the promotional part of the hold first: what is left of it goes back there.
local left = balances[hold]
local left_promo = math.min(left, math.max(0, t.held_promo - charged))
post(balances, legs, hold, -left)
post(balances, legs, promo, left_promo)
post(balances, legs, cash, left - left_promo)
if not in_range(balances, legs) then return refuse('out_of_range') end

local last_pause = pauses[#pauses]
if last_pause and not last_pause[PAUSE_TILL] then
  last_pause[PAUSE_TILL] = math.max(now, last_pause[PAUSE_SINCE])
end
local spans = cmsgpack.unpack(redis.call('HGET', K_spans, call) or cmsgpack.pack({}))
if target > n and not in_span(m.offset, target, now) then
  spans = begin_span(call, n, target, now, m.offset)
end
local receipt = {
  client = t.client, provider = t.provider, service = record.service, tariff = record.tariff,
  cap = t.cap, probe_limit = record.probe_limit, opened_at = record.opened_at, ended_at = now,
  reason = reason, n = target, proof = proof, charged = charged, fee = fee, share = share,
  promo = math.min(charged, t.held_promo) + promoted, before = record.before,
  after = balances[cash] + balances[promo], spans = spans, pauses = pauses,
  epoch = text(m.epoch) .. ':' .. m.owner,
}

redis.call('HSET', K_receipt, call, cmsgpack.pack(receipt))
write_balances(balances, legs)
if share > 0 then redis.call('HSET', K_outbox, call, text(share)) end
if redis.call('HGET', K_live, t.client) == call then redis.call('HDEL', K_live, t.client) end
local free = target
if target > t.free then free = t.gift == 1 and t.free or 0 end
if free > 0 and t.price > 0 and record.probe_limit > 0 then
  local field = t.client .. '|' .. record.service
  local used = cmsgpack.unpack(redis.call('HGET', K_probe, field) or cmsgpack.pack({}))
  used[#used + 1] = now
  while #used > record.probe_limit do table.remove(used, 1) end
  redis.call('HSET', K_probe, field, cmsgpack.pack(used))
end
if t.price > 0 then
  local entry = journal('ended', now, flat(legs), 'o', call, 'c',
    pack_posted(call, target, m.epoch, 0, 0))
  statement('client:' .. t.client, now, entry, {
    kind = 'call', amount = -charged, call = call, note = reason, balance = receipt.after,
  })
end
for _, key in ipairs({K_tariff, K_meter, K_spans, K_pause, K_call}) do
  redis.call('HDEL', key, call)
end
return ok({1, receipt})
