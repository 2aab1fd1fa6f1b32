--! rows: lot
-- Included by scripts that grant or expire promotional credit. A client's lots are rows
-- `lot`; what expires first is spent first.

local function by_expiry(a, b)
  local first, second = a[LOT_EXPIRES], b[LOT_EXPIRES]
  if first == second or first == 0 then return false end
  return second == 0 or first < second
end

-- The lots that are left when `balance` of them is unspent: the ones expiring last.
local function unspent(lots, balance)
  table.sort(lots, by_expiry)
  local left = {}
  for i = #lots, 1, -1 do
    local amount = math.min(lots[i][LOT_MICROS], balance)
    if amount > 0 then table.insert(left, 1, {amount, lots[i][LOT_EXPIRES]}) end
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
    if lot[LOT_EXPIRES] == expires then
      lot[LOT_MICROS] = lot[LOT_MICROS] + amount
      return lots
    end
  end
  lots[#lots + 1] = {amount, expires}
  if #lots <= MAX_LOTS then return lots end
end
