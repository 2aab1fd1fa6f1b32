--! rows: meter
-- What is held for a client's live call; 0 when there is none.
local function held_for(client)
  local live = redis.call('HGET', K_live, client)
  local m = live and read_meter(live)
  return m and m.hold or 0
end
