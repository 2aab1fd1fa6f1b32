-- Included by scripts that charge a call: one second's advance, drawn from hold, promo, cash.

-- Where a call stands when its proof is `proof` ms and `money` can be spent beyond what is posted.
-- Returns the new watermark, the affordable seconds (nil when free) and the new charge.
local function advance(t, n, posted, proof, money)
  local limit = affordable(t, posted + money)
  local target = floor_div(proof, 1000)
  if limit and target > limit then target = limit end
  if target <= n then return n, limit, posted end
  return target, limit, charge(t, target)
end

-- Posts the difference between two charges of one call. Returns what promo beyond the hold paid.
local function post_charge(balances, legs, t, call, before, after)
  local due = after - before
  local hold = 'hold:' .. call
  local drawn = math.min(due, balances[hold])
  post(balances, legs, hold, -drawn)
  due = due - drawn
  local promo = 0
  if due > 0 then
    promo = math.min(due, balances['promo:' .. t[CLIENT]])
    post(balances, legs, 'promo:' .. t[CLIENT], -promo)
    post(balances, legs, 'cash:' .. t[CLIENT], promo - due)
  end
  local fee = platform_part(t, after) - platform_part(t, before)
  post(balances, legs, 'platform', fee)
  post(balances, legs, 'earn:' .. t[PROVIDER], after - before - fee)
  return promo
end

-- The stretches of time behind n: `{p}:spans` has rows {from_ms, n at from}, `{p}:span` the last
-- one's from_ms - 1000 * n: the instant of a call's second is that plus 1000 * n, while no proof is
-- missing. A new stretch begins when proof fell behind the clock by more than a slow tick explains.
local SPAN_GAP_MS = 2500
local MAX_SPANS = 64

local function in_span(offset, target, now)
  if not offset then return false end
  local drift = now - offset - target * 1000
  return drift <= SPAN_GAP_MS and drift >= -SPAN_GAP_MS
end

local function begin_span(call, n, target, now)
  local packed = redis.call('HGET', K_spans, call)
  local known = packed and cmsgpack.unpack(packed) or {}
  local last = known[#known]
  if #known >= MAX_SPANS then return known end
  local from = now - (target - n) * 1000
  -- Never before the end of the stretch before it, whatever the wall clock does.
  if last then from = math.max(from, last[1] + (n - last[2]) * 1000) end
  known[#known + 1] = {from, n}
  redis.call('HSET', K_spans, call, cmsgpack.pack(known))
  redis.call('HSET', K_span, call, text(from - n * 1000))
  return known
end
