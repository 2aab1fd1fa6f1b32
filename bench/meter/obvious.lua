-- The obvious meter: one script call per session and second, one hash per session, the client's
-- and the provider's balance in keys of their own, one journal entry per charge.
-- KEYS: session, client's balance, provider's balance, platform's balance, journal. ARGV: seconds.
local row = redis.call('HMGET', KEYS[1], 'n', 'price', 'period', 'bps')
local n, price, period, bps = tonumber(row[1]), tonumber(row[2]), tonumber(row[3]), tonumber(row[4])
local seconds = tonumber(ARGV[1])
if seconds <= n then return {n, 0} end
local due = math.floor(price * seconds / period) - math.floor(price * n / period)
if tonumber(redis.call('GET', KEYS[2])) < due then return {n, -1} end
local fee = math.floor(due * bps / 10000)
redis.call('DECRBY', KEYS[2], due)
redis.call('INCRBY', KEYS[3], due - fee)
redis.call('INCRBY', KEYS[4], fee)
redis.call('HSET', KEYS[1], 'n', seconds)
redis.call('XADD', KEYS[5], '*', 'session', KEYS[1], 'n', seconds, 'due', due, 'fee', fee)
return {seconds, due}
