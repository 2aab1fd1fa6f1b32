--! keys: acct journal base
--! include: store/lib
-- One account of a partition at one instant; changes nothing. ARGV: account.
-- Answers {balance, id of the journal's last entry, id of its first, 1 if its start was archived}.

local last = redis.call('XREVRANGE', K_journal, '+', '-', 'COUNT', 1)
local first = redis.call('XRANGE', K_journal, '-', '+', 'COUNT', 1)
return ok({
  tonumber(redis.call('HGET', K_acct, ARGV[1]) or 0),
  last[1] and last[1][1] or '', first[1] and first[1][1] or '', redis.call('EXISTS', K_base),
})
