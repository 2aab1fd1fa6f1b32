--! rows: tariff
--! include: store/lib
-- S(B), C(B), f: see metering/tariff.py.
local function charge_for(b, TARIFF_PRICE_FIELDS)
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
  return charge_for(b, t.price, t.period, t.free, t.gift, t.initial, t.increment)
end

local function fee_of(charged, bps)
  return mul_div(charged, bps, 10000)
end

local function platform_part(t, charged)
  return fee_of(charged, t.bps)
end

-- The largest B with C(B) <= money, the client's spending cap counted in; nil for a free call.
local function affordable_for(money, TARIFF_PRICE_FIELDS, cap)
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
  return affordable_for(money, t.price, t.period, t.free, t.gift, t.initial, t.increment, t.cap)
end
