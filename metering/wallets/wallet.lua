--! keys: acct live meter probe
--! include: store/lib wallets/held
-- A client's money. ARGV: client, service ('' for none), now.
-- Answers {cash, promo, held, free probes used for that service in the last day}.

local client, service, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local names = {'cash:' .. client, 'promo:' .. client}
local balances = read_balances(names)
local recent = 0
local used = service ~= '' and redis.call('HGET', K_probe, client .. '|' .. service)
if used then
  for _, at in ipairs(cmsgpack.unpack(used)) do
    if at > now - 86400000 then recent = recent + 1 end
  end
end
return ok({balances[names[1]], balances[names[2]], held_for(client), recent})
