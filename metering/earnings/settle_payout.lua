--! keys: acct payouts paid journal stmt
--! include: store/lib journal/statement
-- The operator settles a payout. ARGV: id, 'paid' or 'rejected', now (ms), note.
-- Again with the same verdict: nothing. With the other one: refused.

local id, verdict, now, note = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local packed = redis.call('HGET', K_payouts, id)
if not packed then return refuse('unknown_payout') end
local payout = cmsgpack.unpack(packed)
if verdict ~= 'paid' and verdict ~= 'rejected' then return refuse('out_of_range') end
if payout.state ~= 'requested' then
  if payout.state == verdict then return ok(payout) end
  return refuse('wrong_state', {state = payout.state})
end
local avail, set_aside = 'avail:' .. payout.provider, 'payout:' .. payout.provider
local balances, legs = read_balances({avail, set_aside, 'external'}), {}
post(balances, legs, set_aside, -payout.amount)
post(balances, legs, verdict == 'paid' and 'external' or avail, payout.amount)
if not in_range(balances, legs) then return refuse('out_of_range') end

payout.state, payout.settled_at, payout.answer = verdict, now, note
redis.call('HSET', K_payouts, id, cmsgpack.pack(payout))
write_balances(balances, legs)
local entry = journal('payout_' .. verdict, now, flat(legs), 'o', payout.provider, 'm', note)
if verdict == 'paid' then
  redis.call('HINCRBY', K_paid, payout.provider, text(payout.amount))
  statement('provider:' .. payout.provider, now, entry, {
    kind = 'payout_paid', amount = 0, note = note, payout = id, balance = balances[avail],
  })
else
  statement('provider:' .. payout.provider, now, entry, {
    kind = 'payout_rejected', amount = payout.amount, note = note, payout = id,
    balance = balances[avail],
  })
end
return ok(payout)
