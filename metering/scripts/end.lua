--! keys: acct tariff n proof epoch span spans pause promoted call receipt live outbox probe journal stmt
--! include: call statement
-- Ends a call: the last charge from stored proof, the hold released, the receipt stored.
-- ARGV: call, now (ms), reason. Again for an ended call: its receipt.

local call, now, reason = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local stored = redis.call('HGET', K_receipt, call)
if stored then return ok({0, cmsgpack.unpack(stored)}) end
local row = redis.call('HGET', K_tariff, call)
if not row then return refuse('unknown_call') end

local t = cmsgpack.unpack(row)
local record = cmsgpack.unpack(redis.call('HGET', K_call, call))
local n = tonumber(redis.call('HGET', K_n, call))
local proof = tonumber(redis.call('HGET', K_proof, call))
local pauses = cmsgpack.unpack(redis.call('HGET', K_pause, call) or cmsgpack.pack({}))
local promoted = tonumber(redis.call('HGET', K_promoted, call) or 0)

local cash, promo, hold = 'cash:' .. t[CLIENT], 'promo:' .. t[CLIENT], 'hold:' .. call
local balances = read_balances({cash, promo, hold, 'platform', 'earn:' .. t[PROVIDER]})
local legs = {}
local posted = charge(t, n)
local money = balances[hold] + balances[promo] + balances[cash]
local target, _, charged = advance(t, n, posted, proof, money)
promoted = promoted + post_charge(balances, legs, t, call, posted, charged)

-- Ticks drew on the promotional part of the hold first: what is left of it goes back there.
local left = balances[hold]
local left_promo = math.min(left, math.max(0, t[HELD_PROMO] - charged))
post(balances, legs, hold, -left)
post(balances, legs, promo, left_promo)
post(balances, legs, cash, left - left_promo)
if not in_range(balances, legs) then return refuse('out_of_range') end

local last_pause = pauses[#pauses]
if last_pause and not last_pause[2] then last_pause[2] = math.max(now, last_pause[1]) end
if target > n and not in_span(tonumber(redis.call('HGET', K_span, call) or nil), target, now) then
  begin_span(call, n, target, now)
end
local spans = cmsgpack.unpack(redis.call('HGET', K_spans, call) or cmsgpack.pack({}))
local fee = platform_part(t, charged)
local share = charged - fee
local receipt = {
  client = t[CLIENT], provider = t[PROVIDER], service = record.service, tariff = record.tariff,
  cap = t[CAP], probe_limit = record.probe_limit, opened_at = record.opened_at, ended_at = now,
  reason = reason, n = target, proof = proof, charged = charged, fee = fee, share = share,
  promo = math.min(charged, t[HELD_PROMO]) + promoted, before = record.before,
  after = balances[cash] + balances[promo], spans = spans, pauses = pauses,
  epoch = redis.call('HGET', K_epoch, call),
}

redis.call('HSET', K_receipt, call, cmsgpack.pack(receipt))
write_balances(balances, legs)
if share > 0 then redis.call('HSET', K_outbox, call, text(share)) end
if redis.call('HGET', K_live, t[CLIENT]) == call then redis.call('HDEL', K_live, t[CLIENT]) end
local free = target
if target > t[FREE] then free = t[GIFT] == 1 and t[FREE] or 0 end
if free > 0 and t[PRICE] > 0 and record.probe_limit > 0 then
  local field = t[CLIENT] .. '|' .. record.service
  local used = cmsgpack.unpack(redis.call('HGET', K_probe, field) or cmsgpack.pack({}))
  used[#used + 1] = now
  while #used > record.probe_limit do table.remove(used, 1) end
  redis.call('HSET', K_probe, field, cmsgpack.pack(used))
end
if t[PRICE] > 0 then
  local entry = journal('ended', now, flat(legs), 'o', call, 'c',
    cmsgpack.pack({call, target, tonumber(string.match(receipt.epoch, '^%d+'))}))
  statement('client:' .. t[CLIENT], now, entry, {
    kind = 'call', amount = -charged, call = call, note = reason, balance = receipt.after,
  })
end
for _, key in ipairs({K_tariff, K_n, K_proof, K_epoch, K_span, K_spans, K_pause, K_promoted, K_call}) do
  redis.call('HDEL', key, call)
end
return ok({1, receipt})
