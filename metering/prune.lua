--! keys: idem probe
--! rows: mark
--! include: store/lib
-- Forgets request keys or free probes of long ago. ARGV: cursor, 'idem' or 'probe', before (ms).
-- Answers the next cursor and how many were dropped.

local cursor, which, before = ARGV[1], ARGV[2], tonumber(ARGV[3])
local place = which == 'idem' and K_idem or K_probe
local found = redis.call('HSCAN', place, cursor, 'COUNT', 256)
local gone = 0
for i = 1, #found[2], 2 do
  local name, row = found[2][i], cmsgpack.unpack(found[2][i + 1])
  local at = which == 'idem' and row[MARK_AT] or row[#row]
  -- A voucher serves each client once ever: its mark is never forgotten.
  if at < before and string.sub(name, 1, 2) ~= 'v:' then
    redis.call('HDEL', place, name)
    gone = gone + 1
  end
end
return ok({found[1], gone})
