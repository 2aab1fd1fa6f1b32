--! keys: n proof epoch receipt
-- A process takes a live call over. ARGV: call, owner, the token it already holds ('' for none).
-- Keeps its epoch when that token still stands; else raises it, and every older owner is fenced off.

local call, owner, held = ARGV[1], ARGV[2], ARGV[3]
local token = redis.call('HGET', K_epoch, call)
if not token then
  if redis.call('HEXISTS', K_receipt, call) == 1 then return refuse('call_ended') end
  return refuse('unknown_call')
end
local epoch = tonumber(string.match(token, '^(%d+):'))
if token ~= held then
  epoch = epoch + 1
  token = text(epoch) .. ':' .. owner
  redis.call('HSET', K_epoch, call, token)
end
return ok({
  epoch, token,
  tonumber(redis.call('HGET', K_proof, call)), tonumber(redis.call('HGET', K_n, call)),
})
