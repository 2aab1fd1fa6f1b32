-- Included by scripts that write statement lines: `{p}:stmt` is one sorted set whose members start
-- with owner and time, so that a statement of any owner and period is one range read.

local function statement(owner, now, entry_id, line)
  line.id = entry_id
  line.at = now
  local ms, seq = string.match(entry_id, '^(%d+)-(%d+)$')
  local place = string.format('%015.0f\0%015.0f%06.0f\0', now, tonumber(ms), tonumber(seq))
  redis.call('ZADD', K_stmt, 0, owner .. '\0' .. place .. cmsgpack.pack(line))
end
