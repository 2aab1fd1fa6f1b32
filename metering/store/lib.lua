-- Shared by all scripts: exact integer arithmetic, balances read once and written once.
-- Lua numbers are doubles: every value stays an integer below 2^53, and is written as one (`..`
-- would print 1e+14). %d goes through a 64-bit integer, which is exact here and faster than %.0f.

local MAX_MICROS = 9007199254740991
local MAX_SECONDS = 10000000

-- A live call has two packed rows, read and written without a table in between: a tick is mostly the
-- cost of the values it makes. `{p}:tariff`, of which only the cap ever rises: the client, the numbers named below, the
-- provider. `{p}:meter`, the only hot field of a call: seconds charged (the watermark), proof (ms),
-- what is left of the hold, the provider's share so far, promotional credit drawn beyond the hold,
-- where the clock's current stretch lies (ms, -1 for none), epoch, owner.
local CLIENT_FIRST = 'Bc0'
local TARIFF_NUMBERS = '<dddddddddd'
local TARIFF_ROW = '<Bc0ddddddddddBc0'
local METER_ROW = '<dddddddBc0'

-- Fields of a tariff row once it is a table.
local PRICE, PERIOD, FREE, GIFT, INITIAL, INCREMENT, BPS, CAP = 1, 2, 3, 4, 5, 6, 7, 8
local CLIENT, PROVIDER, HELD, HELD_PROMO = 9, 10, 11, 12

local function read_tariff(call)
  local row = redis.call('HGET', K_tariff, call)
  if not row then return nil end
  local client, price, period, free, gift, initial, increment, bps, cap, held, held_promo, provider =
    struct.unpack(TARIFF_ROW, row)
  return {price, period, free, gift, initial, increment, bps, cap, client, provider, held, held_promo}
end

local function read_meter(call)
  local row = redis.call('HGET', K_meter, call)
  if not row then return nil end
  local m = {}
  m.n, m.proof, m.hold, m.share, m.promoted, m.offset, m.epoch, m.owner = struct.unpack(METER_ROW, row)
  return m
end

local function pack_meter(m)
  return struct.pack(METER_ROW, m.n, m.proof, m.hold, m.share, m.promoted, m.offset, m.epoch,
    #m.owner, m.owner)
end

-- What is held for a client's live call; 0 when there is none.
local function held_for(client)
  local live = redis.call('HGET', K_live, client)
  local m = live and read_meter(live)
  return m and m.hold or 0
end

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
local function charge_for(b, price, period, free, gift, initial, increment)
  if b <= free then return 0 end
  if gift == 1 then b = b - free end
  if b <= initial then
    b = initial
  else
    b = b + (initial - b) % increment
  end
  return mul_div(price, b, period)
end

local function charge(t, b)
  return charge_for(b, t[PRICE], t[PERIOD], t[FREE], t[GIFT], t[INITIAL], t[INCREMENT])
end

local function fee_of(charged, bps)
  return mul_div(charged, bps, 10000)
end

local function platform_part(t, charged)
  return fee_of(charged, t[BPS])
end

-- The largest B with C(B) <= money, the client's spending cap counted in; nil for a free call.
local function affordable_for(money, price, period, free, gift, initial, increment, cap)
  if price == 0 then return nil end
  if cap >= 0 and money > cap then money = cap end
  local rest = (money + 1) % price
  local whole = (money + 1 - rest) / price
  if whole > MAX_SECONDS then return MAX_SECONDS end
  local billable = whole * period + floor_div(rest * period - 1, price)
  local b = 0
  if billable >= initial then
    b = billable - (billable - initial) % increment
  end
  if gift == 1 then b = b + free end
  if b < free then b = free end
  if b > MAX_SECONDS then b = MAX_SECONDS end
  return b
end

local function affordable(t, money)
  return affordable_for(money, t[PRICE], t[PERIOD], t[FREE], t[GIFT], t[INITIAL], t[INCREMENT], t[CAP])
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

-- One double entry. `legs`: a flat list of accounts, each followed by its signed amount. `c`, where
-- given: a flat list of call, seconds charged, epoch, drawn from the call's hold, added to its share;
-- the last two are legs as well (`hold:<call>`, `share:<call>`). All legs sum to zero.
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
