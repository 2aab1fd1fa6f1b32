--! keys: acct idem journal stmt
--! rows: mark
--! include: store/lib journal/statement
-- The operator corrects a provider's available earnings, once per key; may leave a debt.
-- ARGV: provider, key, hash of the request, now (ms), signed amount, note.

local provider, key, hash = ARGV[1], ARGV[2], ARGV[3]
local now, amount, note = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local avail = 'avail:' .. provider
local balances, legs = read_balances({avail, 'external'}), {}
local done = redis.call('HGET', K_idem, key)
if done then
  if cmsgpack.unpack(done)[MARK_HASH] ~= hash then return refuse('duplicate_key') end
  return ok(balances[avail])
end
post(balances, legs, avail, amount)
post(balances, legs, 'external', -amount)
if amount == 0 or not in_range(balances, legs) then return refuse('out_of_range') end

redis.call('HSET', K_idem, key, pack_mark(hash, now, 0, 0))
write_balances(balances, legs)
local entry = journal('adjustment', now, flat(legs), 'o', provider, 'm', note)
statement('provider:' .. provider, now, entry, {
  kind = 'adjustment', amount = amount, note = note, balance = balances[avail],
})
return ok(balances[avail])
