-- Included by scripts that grant or expire promotional credit. A client's lots are rows
-- {micros, expires at (ms, 0 for never)}; what expires first is spent first.

local function by_expiry(a, b)
  if a[2] == b[2] then return false end
  if a[2] == 0 then return false end
  return b[2] == 0 or a[2] < b[2]
end

-- The lots that are left when `balance` of them is unspent: the ones expiring last.
local function unspent(lots, balance)
  table.sort(lots, by_expiry)
  local left = {}
  for i = #lots, 1, -1 do
    local amount = math.min(lots[i][1], balance)
    if amount > 0 then table.insert(left, 1, {amount, lots[i][2]}) end
    balance = balance - amount
  end
  return left
end

-- A client's lots after a grant. `unspent_before` bounds what was left of the earlier ones, credit
-- held by an open call included. Nil when the client would have too many.
local MAX_LOTS = 64

local function lots_after_grant(client, unspent_before, amount, expires)
  local lots = cmsgpack.unpack(redis.call('HGET', K_lots, client) or cmsgpack.pack({}))
  lots = unspent(lots, unspent_before)
  for _, lot in ipairs(lots) do
    if lot[2] == expires then
      lot[1] = lot[1] + amount
      return lots
    end
  end
  lots[#lots + 1] = {amount, expires}
  if #lots <= MAX_LOTS then return lots end
end
