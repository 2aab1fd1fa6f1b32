-- Shared by all scripts: exact integer arithmetic, balances read once and written once.
-- Lua numbers are doubles: every value stays an integer below 2^53, and is written as one (`..`
-- would print 1e+14). %d goes through a 64-bit integer, which is exact here and faster than %.0f.

local MAX_MICROS = 9007199254740991
local MAX_SECONDS = 10000000

local function text(number)
  return string.format('%d', number)
end

local function ok(payload)
  return cmsgpack.pack({'ok', payload})
end

-- Nothing has been written when this is returned.
local function refuse(code, facts)
  return cmsgpack.pack({'err', code, facts or {['-'] = 0}})
end

local function floor_div(a, b)
  return (a - a % b) / b
end

-- floor(a * s / d) without a product beyond 2^53.
local function mul_div(a, s, d)
  local rest = a % d
  return (a - rest) / d * s + floor_div(rest * s, d)
end

-- Balances: read in one go, changed in memory, written in one go. Zero balances are removed.
local function read_balances(names)
  local balances = {}
  for first = 1, #names, 1000 do
    local last = math.min(first + 999, #names)
    local found = redis.call('HMGET', K_acct, unpack(names, first, last))
    for i = first, last do
      balances[names[i]] = tonumber(found[i - first + 1] or 0)
    end
  end
  return balances
end

local function post(balances, legs, account, amount)
  if amount ~= 0 then
    balances[account] = balances[account] + amount
    legs[account] = (legs[account] or 0) + amount
  end
end

-- The check before the write: every touched balance is inside its range.
local MAY_BE_NEGATIVE = {external = true, platform = true, earn = true, avail = true}

local function in_range(balances, legs)
  local sum = 0
  for account, amount in pairs(legs) do
    local balance = balances[account]
    if balance > MAX_MICROS or balance < -MAX_MICROS then return false end
    if balance < 0 and not MAY_BE_NEGATIVE[string.match(account, '^%a+')] then return false end
    sum = sum + amount
  end
  return sum == 0
end

-- `hold:<call>` and `share:<call>` are kept in the call's meter row, not among the others.
local OF_A_CALL = {hold = true, share = true}

local function write_balances(balances, legs)
  local set, gone = {}, {}
  for account in pairs(legs) do
    if OF_A_CALL[string.match(account, '^%a+')] then
    elseif balances[account] == 0 then
      gone[#gone + 1] = account
    else
      set[#set + 1] = account
      set[#set + 1] = text(balances[account])
    end
  end
  for first = 1, #set, 2000 do
    redis.call('HSET', K_acct, unpack(set, first, math.min(first + 1999, #set)))
  end
  for first = 1, #gone, 2000 do
    redis.call('HDEL', K_acct, unpack(gone, first, math.min(first + 1999, #gone)))
  end
end

-- One double entry. `legs`: a flat list of accounts, each followed by its signed amount; all sum to
-- zero. `c`, where given: a flat list of rows `posted`.
local function journal(kind, now, legs, ...)
  return redis.call('XADD', K_journal, '*', 'k', kind, 't', text(now), 'l', cmsgpack.pack(legs), ...)
end

local function flat(legs)
  local list = {}
  for account, amount in pairs(legs) do
    list[#list + 1] = account
    list[#list + 1] = amount
  end
  return list
end
