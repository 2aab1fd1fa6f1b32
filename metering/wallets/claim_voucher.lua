--! keys: code claim pending
--! include: store/lib
-- Claims one use of a voucher for a client. ARGV: hash of the code, client, key, now (ms).
-- Again by the same client with the same key: the same claim, so that a retry can go on.

local digest, client, key, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local place = digest .. '|' .. client
local known = redis.call('HGET', K_claim, place)
if known then
  local claim = cmsgpack.unpack(known)
  if claim.key ~= key then return refuse('voucher_spent') end
  return ok(claim)
end
local packed = redis.call('HGET', K_code, digest)
if not packed then return refuse('voucher_unknown') end
local voucher = cmsgpack.unpack(packed)
if #voucher.clients >= voucher.uses then return refuse('voucher_spent') end
if voucher.expires > 0 and voucher.expires <= now then return refuse('voucher_expired') end

local claim = cmsgpack.pack({key = key, amount = voucher.amount, promo = voucher.promo, at = now})
voucher.clients[#voucher.clients + 1] = client
redis.call('HSET', K_claim, place, claim)
redis.call('HSET', K_pending, place, claim)
redis.call('HSET', K_code, digest, cmsgpack.pack(voucher))
return ok(cmsgpack.unpack(claim))
