--! keys: journal base
--! rows: posted
--! include: store/lib
-- Cuts the archived start off the journal and adds it to `base`, so that base + journal still give
-- the balances. ARGV: the last archived entry's id, at most so many entries.
-- Answers how many were cut.

local entries = redis.call('XRANGE', K_journal, '-', ARGV[1], 'COUNT', tonumber(ARGV[2]))
if #entries == 0 then return ok(0) end
local sums, marks = {}, {}
for _, entry in ipairs(entries) do
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'l' then
      local legs = cmsgpack.unpack(fields[i + 1])
      for j = 1, #legs, 2 do sums[legs[j]] = (sums[legs[j]] or 0) + legs[j + 1] end
    elseif fields[i] == 'c' then
      local rows = cmsgpack.unpack(fields[i + 1])
      for at = 0, #rows - 1, POSTED_SIZE do
        local call = rows[at + POSTED_CALL]
        local hold, share = 'hold:' .. call, 'share:' .. call
        marks[call] = rows[at + POSTED_N]
        sums[hold] = (sums[hold] or 0) - rows[at + POSTED_FROM_HOLD]
        sums[share] = (sums[share] or 0) + rows[at + POSTED_GAINED]
      end
    end
  end
end
for account, amount in pairs(sums) do
  if amount ~= 0 and redis.call('HINCRBY', K_base, account, text(amount)) == 0 then
    redis.call('HDEL', K_base, account)
  end
end
-- How far the archived entries had charged each call.
for call, n in pairs(marks) do redis.call('HSET', K_base, 'n:' .. call, text(n)) end
local ms, seq = string.match(entries[#entries][1], '^(%d+)-(%d+)$')
redis.call('XTRIM', K_journal, 'MINID', ms .. '-' .. text(tonumber(seq) + 1))
return ok(#entries)
