--! keys: acct base tariff meter call live receipt refund outbox moved applied due contested payouts journal
--! rows: tariff meter
--! include: store/lib
-- One partition at one instant, for the audit; changes nothing.

local function numbers(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do found[#found + 1] = {flat[i], tonumber(flat[i + 1])} end
  return found
end

local function records(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do found[#found + 1] = {flat[i], cmsgpack.unpack(flat[i + 1])} end
  return found
end

local function names(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do found[#found + 1] = {flat[i], flat[i + 1]} end
  return found
end

local tariffs, meters = {}, {}
for i, call in ipairs(redis.call('HKEYS', K_tariff)) do tariffs[i] = {call, read_tariff(call)} end
for i, call in ipairs(redis.call('HKEYS', K_meter)) do
  meters[i] = {call, read_meter(call)}
end
local receipts = {}
for i, row in ipairs(records(K_receipt)) do
  local r = row[2]
  receipts[i] = {row[1], {client = r.client, provider = r.provider, tariff = r.tariff, cap = r.cap,
    n = r.n, proof = r.proof, charged = r.charged, fee = r.fee, share = r.share,
    before = r.before, after = r.after, epoch = r.epoch}}
end
local last = redis.call('XREVRANGE', K_journal, '+', '-', 'COUNT', 1)
local first = redis.call('XRANGE', K_journal, '-', '+', 'COUNT', 1)
return ok({
  acct = numbers(K_acct), base = numbers(K_base), tariff = tariffs, meter = meters,
  live = names(K_live), receipt = receipts,
  refund = records(K_refund), outbox = numbers(K_outbox), moved = records(K_moved),
  applied = records(K_applied), due = redis.call('ZRANGE', K_due, 0, -1),
  contested = redis.call('HKEYS', K_contested), payouts = records(K_payouts), calls = redis.call('HLEN', K_call),
  first = first[1] and first[1][1] or '', last = last[1] and last[1][1] or '',
})
