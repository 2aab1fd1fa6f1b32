--! keys: acct live meter idem lots journal stmt
--! rows: mark
--! include: store/lib wallets/held journal/statement wallets/lots
-- Puts money into a client's wallet once per key. ARGV: key, hash of the request, now (ms), request
-- {client, account ('cash' or 'promo'), from ('external' or 'platform'), amount, kind, note,
--  source, asked_by (the key of the request it came by, where that is another; '' for none),
--  expires (ms, 0: never)}.
-- Answers {cash, promo, held}.

local key, hash, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local request = cmsgpack.unpack(ARGV[4])
local client = request.client
local cash, promo = 'cash:' .. client, 'promo:' .. client
local held = held_for(client)
local target = request.account .. ':' .. client
local balances = read_balances({cash, promo, request.from})

local function answer()
  return ok({balances[cash], balances[promo], held})
end

local done = redis.call('HGET', K_idem, key)
if done then
  if cmsgpack.unpack(done)[MARK_HASH] ~= hash then return refuse('duplicate_key') end
  return answer()
end
local legs = {}
post(balances, legs, request.from, -request.amount)
post(balances, legs, target, request.amount)
if request.amount <= 0 or not in_range(balances, legs) then return refuse('out_of_range') end

local lots
if request.account == 'promo' then
  local before = balances[promo] - request.amount + held
  lots = lots_after_grant(client, before, request.amount, request.expires)
  if not lots then return refuse('out_of_range') end
end
local mark = pack_mark(hash, now, request.amount, 0)
redis.call('HSET', K_idem, key, mark)
-- Two vouchers redeemed at once under one request key: it names the one that came first.
if request.asked_by ~= '' then redis.call('HSETNX', K_idem, request.asked_by, mark) end
if lots then redis.call('HSET', K_lots, client, cmsgpack.pack(lots)) end
write_balances(balances, legs)
local entry = journal(request.kind, now, flat(legs), 'o', client, 's', request.source, 'm', request.note)
statement('client:' .. client, now, entry, {
  kind = request.kind, amount = request.amount, note = request.note, source = request.source,
  balance = balances[cash] + balances[promo] + held,
})
return answer()
