--! keys: acct applied due contested journal stmt
--! include: store/lib journal/statement
-- A provider's shares come home. ARGV: dispute window (ms), rows as outbox.lua answers.
-- The amounts are cumulative: only the difference to what is applied is posted, so that a repeated
-- or late message posts nothing. A claw-back takes from what is pending of that call, then from
-- what is available, which may fall below zero: later earnings make it good. A share that is held
-- (hold_share.lua) waits for no day: free_share.lua gives it one.
-- Answers rows {call, share, claw}: what is applied by now.

local window = tonumber(ARGV[1])
local rows = cmsgpack.unpack(ARGV[2])
local names, ids = {'external'}, {}
for i, row in ipairs(rows) do
  ids[i] = row.call
  names[#names + 1] = 'pending:' .. row.provider
  names[#names + 1] = 'avail:' .. row.provider
end
local applied = redis.call('HMGET', K_applied, unpack(ids))
local balances = read_balances(names)

local answer, work = {}, {}
local all = {}
for i, row in ipairs(rows) do
  local provider = row.provider
  local old = applied[i] and cmsgpack.unpack(applied[i]) or {share = 0, claw = 0, due = 0}
  local share, claw = math.max(old.share, row.share), math.max(old.claw, row.claw)
  local gained, lost = share - old.share, claw - old.claw
  local legs = {}
  local due = old.due
  if gained > 0 then
    due = due + gained
    post(balances, legs, 'external', -gained)
    post(balances, legs, 'pending:' .. provider, gained)
  end
  if lost > 0 then
    local from_pending = math.min(lost, due)
    due = due - from_pending
    post(balances, legs, 'external', lost)
    post(balances, legs, 'pending:' .. provider, -from_pending)
    post(balances, legs, 'avail:' .. provider, from_pending - lost)
  end
  for account, amount in pairs(legs) do all[account] = (all[account] or 0) + amount end
  answer[i] = {call = row.call, share = share, claw = claw}
  if gained > 0 or lost > 0 then
    work[#work + 1] = {row = row, gained = gained, lost = lost, legs = legs, applied = cmsgpack.pack({
      share = share, claw = claw, due = due, provider = provider, at = row.ended_at,
    })}
  end
end
if not in_range(balances, all) then return refuse('out_of_range') end

write_balances(balances, all)
for _, item in ipairs(work) do
  local row, gained, lost = item.row, item.gained, item.lost
  local call, owner = row.call, 'provider:' .. row.provider
  redis.call('HSET', K_applied, call, item.applied)
  if gained > 0 and redis.call('HEXISTS', K_contested, call) == 0 then
    redis.call('ZADD', K_due, text(row.ended_at + window), call)
  end
  local entry = journal('home', math.max(row.ended_at, row.refunded_at), flat(item.legs), 'o', call)
  if gained > 0 then
    statement(owner, row.ended_at, entry, {kind = 'call', amount = gained, call = call})
  end
  if lost > 0 then
    statement(owner, row.refunded_at, entry, {kind = 'refund', amount = -lost, call = call})
  end
end
return ok(answer)
