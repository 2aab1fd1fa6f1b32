--! keys: acct tariff meter call receipt live probe journal
--! rows: tariff meter
--! include: store/lib
-- Opens a call and holds its first minutes. ARGV: call, now (ms), request
-- {hash, tariff (a row `tariff` by name, without the held sums), record, hold, paid, probe_limit, cap}.

-- A small hash is one packed list that is searched from its start, up to 512 fields by Valkey's
-- default: a tick of many calls would cost the square of them. A long value turns the list into a
-- table for good, whatever the server's settings.
local LONG_LIST = 16

local function keep_fast(key)
  if redis.call('HLEN', key) >= LONG_LIST
    and redis.call('OBJECT', 'ENCODING', key) ~= 'hashtable' then
    redis.call('HSET', key, '', string.rep('-', 1024))
    redis.call('HDEL', key, '')
  end
end

local call, now = ARGV[1], tonumber(ARGV[2])
local request = cmsgpack.unpack(ARGV[3])
local t, record = request.tariff, request.record
if #t.client > 255 or #t.provider > 255 then return refuse('out_of_range') end

local known = redis.call('HGET', K_call, call)
if known then
  known = cmsgpack.unpack(known)
  if known.hash ~= request.hash then return refuse('duplicate_key') end
  return ok({known.hold, known.before})
end
if redis.call('HEXISTS', K_receipt, call) == 1 then return refuse('call_ended') end

local live = redis.call('HGET', K_live, t.client)
if request.paid and live then return refuse('already_in_call', {call = live}) end

if t.free > 0 and request.probe_limit > 0 then
  local used = redis.call('HGET', K_probe, t.client .. '|' .. record.service)
  local recent = 0
  if used then
    for _, at in ipairs(cmsgpack.unpack(used)) do
      if at > now - 86400000 then recent = recent + 1 end
    end
  end
  if recent >= request.probe_limit then return refuse('price_changed') end
end

local cash, promo, hold = 'cash:' .. t.client, 'promo:' .. t.client, 'hold:' .. call
local balances = read_balances({cash, promo})
balances[hold] = 0
local available = balances[cash] + balances[promo]
if available < request.hold then
  return refuse('insufficient_funds', {needed = request.hold, available = available})
end
local from_promo = math.min(balances[promo], request.hold)
local legs = {}
post(balances, legs, promo, -from_promo)
post(balances, legs, cash, from_promo - request.hold)
post(balances, legs, hold, request.hold)
if not in_range(balances, legs) then return refuse('out_of_range') end

t.held, t.held_promo = request.hold, from_promo
record.hash, record.hold, record.before = request.hash, request.hold, available
record.opened_at = now
redis.call('HSET', K_tariff, call, pack_tariff(t))
redis.call('HSET', K_call, call, cmsgpack.pack(record))
redis.call('HSET', K_meter, call, pack_meter({
  n = 0, proof = 0, hold = request.hold, share = 0, promoted = 0, offset = -1, epoch = 0, owner = '',
}))
if request.paid then redis.call('HSET', K_live, t.client, call) end
if request.hold > 0 then
  write_balances(balances, legs)
  journal('opened', now, flat(legs), 'o', call)
end
for _, key in ipairs({K_acct, K_tariff, K_meter}) do keep_fast(key) end
return ok({request.hold, available})
