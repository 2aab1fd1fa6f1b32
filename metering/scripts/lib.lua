-- Shared by all scripts: exact integer arithmetic, balances read once and written once.
-- Lua numbers are doubles: every value stays an integer below 2^53, and is written as one (`..`
-- would print 1e+14). %d goes through a 64-bit integer, which is exact here and faster than %.0f.

local MAX_MICROS = 9007199254740991
local MAX_SECONDS = 10000000

-- Fields of a hot tariff row ({p}:tariff).
local PRICE, PERIOD, FREE, GIFT, INITIAL, INCREMENT, BPS, CAP = 1, 2, 3, 4, 5, 6, 7, 8
local CLIENT, PROVIDER, HELD, HELD_PROMO = 9, 10, 11, 12

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

-- S(B), C(B), f: see metering/tariff.py.
local function billed_seconds(t, b)
  if b <= t[FREE] then return 0 end
  if t[GIFT] == 1 then b = b - t[FREE] end
  if b <= t[INITIAL] then return t[INITIAL] end
  return b + (t[INITIAL] - b) % t[INCREMENT]
end

local function charge(t, b)
  return mul_div(t[PRICE], billed_seconds(t, b), t[PERIOD])
end

local function platform_part(t, charged)
  return mul_div(charged, t[BPS], 10000)
end

-- The largest B with C(B) <= money, the client's spending cap counted in; nil for a free call.
local function affordable(t, money)
  if t[PRICE] == 0 then return nil end
  if t[CAP] >= 0 and money > t[CAP] then money = t[CAP] end
  local price, period = t[PRICE], t[PERIOD]
  local rest = (money + 1) % price
  local whole = (money + 1 - rest) / price
  if whole > MAX_SECONDS then return MAX_SECONDS end
  local billable = whole * period + floor_div(rest * period - 1, price)
  local b = 0
  if billable >= t[INITIAL] then
    b = billable - (billable - t[INITIAL]) % t[INCREMENT]
  end
  if t[GIFT] == 1 then b = b + t[FREE] end
  if b < t[FREE] then b = t[FREE] end
  if b > MAX_SECONDS then b = MAX_SECONDS end
  return b
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

local function write_balances(balances, legs)
  local set, gone = {}, {}
  for account in pairs(legs) do
    if balances[account] == 0 then
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

-- One double entry. `legs`: a flat list of accounts, each followed by its signed amount; they sum
-- to zero. `c`, where given: a flat list of call, seconds charged, epoch.
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
