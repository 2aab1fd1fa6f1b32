--! keys: acct applied due journal
--! include: store/lib
-- Makes earnings available whose dispute window is over. ARGV: now (ms), one call or '' for all.
-- At most 256 calls; answers how many there were.

local now, one = tonumber(ARGV[1]), ARGV[2]
local calls = {}
if one == '' then
  calls = redis.call('ZRANGEBYSCORE', K_due, '-inf', text(now), 'LIMIT', 0, 256)
else
  local day = redis.call('ZSCORE', K_due, one)
  if day and tonumber(day) <= now then calls[1] = one end
end
local rows, names = {}, {}
for i, call in ipairs(calls) do
  rows[i] = cmsgpack.unpack(redis.call('HGET', K_applied, call))
  names[#names + 1] = 'pending:' .. rows[i].provider
  names[#names + 1] = 'avail:' .. rows[i].provider
end
local balances, legs = read_balances(names), {}
for _, row in ipairs(rows) do
  post(balances, legs, 'pending:' .. row.provider, -row.due)
  post(balances, legs, 'avail:' .. row.provider, row.due)
  row.due = 0
end
if not in_range(balances, legs) then return refuse('out_of_range') end

for i, call in ipairs(calls) do
  redis.call('HSET', K_applied, call, cmsgpack.pack(rows[i]))
  redis.call('ZREM', K_due, call)
end
if next(legs) then
  write_balances(balances, legs)
  journal('available', now, flat(legs))
end
return ok(#calls)
