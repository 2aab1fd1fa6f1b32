--! keys: acct payouts idem journal stmt
--! rows: mark
--! include: store/lib journal/statement
-- A provider asks for a payout: available earnings are set aside, once per key.
-- ARGV: id, provider, key, hash of the request, now (ms), amount, note. Answers the payout's id.

local id, provider, key, hash = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now, amount, note = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local done = redis.call('HGET', K_idem, key)
if done then
  done = cmsgpack.unpack(done)
  if done[MARK_HASH] ~= hash then return refuse('duplicate_key') end
  return ok(done[MARK_RESULT])
end
local avail, set_aside = 'avail:' .. provider, 'payout:' .. provider
local balances, legs = read_balances({avail, set_aside}), {}
if amount <= 0 then return refuse('out_of_range') end
if balances[avail] < amount then
  return refuse('insufficient_funds', {needed = amount, available = math.max(0, balances[avail])})
end
post(balances, legs, avail, -amount)
post(balances, legs, set_aside, amount)
if not in_range(balances, legs) then return refuse('out_of_range') end

redis.call('HSET', K_idem, key, pack_mark(hash, now, id, 0))
redis.call('HSET', K_payouts, id, cmsgpack.pack({
  provider = provider, amount = amount, state = 'requested', at = now, note = note, settled_at = 0,
  answer = '',
}))
write_balances(balances, legs)
local entry = journal('payout_requested', now, flat(legs), 'o', provider)
statement('provider:' .. provider, now, entry, {
  kind = 'payout_requested', amount = -amount, note = note, payout = id, balance = balances[avail],
})
return ok(id)
