--! keys: acct live meter idem journal stmt
--! rows: mark
--! include: store/lib wallets/held journal/statement
-- Takes money out of a client's wallet once per key, never what is held. ARGV: key, hash of the
-- request, now (ms), request {client, amount, kind, note, source, of}. `of` names the key of the
-- top-up that is reversed ('' for none): never above it, over all its reversals.
-- Answers {cash, promo, held}.

local key, hash, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local request = cmsgpack.unpack(ARGV[4])
local client = request.client
local cash, promo = 'cash:' .. client, 'promo:' .. client
local held = held_for(client)
local balances = read_balances({cash, promo, 'external'})

local function answer()
  return ok({balances[cash], balances[promo], held})
end

local done = redis.call('HGET', K_idem, key)
if done then
  if cmsgpack.unpack(done)[MARK_HASH] ~= hash then return refuse('duplicate_key') end
  return answer()
end
local original
if request.of ~= '' then
  local found = redis.call('HGET', K_idem, request.of)
  if not found then return refuse('unknown_top_up') end
  original = cmsgpack.unpack(found)
  local left = original[MARK_RESULT] - original[MARK_REVERSED]
  if request.amount > left then return refuse('above_original', {left = left}) end
  original[MARK_REVERSED] = original[MARK_REVERSED] + request.amount
end
if balances[cash] < request.amount then
  return refuse('insufficient_funds', {needed = request.amount, available = balances[cash]})
end
local legs = {}
post(balances, legs, cash, -request.amount)
post(balances, legs, 'external', request.amount)
if request.amount <= 0 or not in_range(balances, legs) then return refuse('out_of_range') end

if original then redis.call('HSET', K_idem, request.of, cmsgpack.pack(original)) end
redis.call('HSET', K_idem, key, pack_mark(hash, now, 0, 0))
write_balances(balances, legs)
local entry = journal(request.kind, now, flat(legs), 'o', client, 's', request.source, 'm', request.note)
statement('client:' .. client, now, entry, {
  kind = request.kind, amount = -request.amount, note = request.note, source = request.source,
  balance = balances[cash] + balances[promo] + held,
})
return answer()
