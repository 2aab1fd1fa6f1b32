--! rows: span
--! include: store/lib
-- Included by scripts that charge a call: one second's advance, drawn from hold, promo, cash.

-- Where a call stands when its proof is `proof` ms and `limit` seconds can be paid for (nil when
-- free): the new watermark, never below the old one.
local function target_of(n, proof, limit)
  local target = floor_div(proof, 1000)
  if limit and target > limit then target = limit end
  if target < n then return n end
  return target
end

-- The stretches of time behind n: `{p}:spans` has rows `span`; the meter row's offset is the last
-- one's since - 1000 * n: the instant of a call's second is that plus 1000 * n, while no proof is
-- missing. A new stretch begins when proof fell behind the clock by more than a slow tick
-- explains.
local SPAN_GAP_MS = 2500
local MAX_SPANS = 64
local NO_SPAN = -1

local function in_span(offset, target, now)
  if offset == NO_SPAN then return false end
  local drift = now - offset - target * 1000
  return drift <= SPAN_GAP_MS and drift >= -SPAN_GAP_MS
end

-- A call's stretches and the offset once a new one begins at n (the last of very many stays open
-- instead). Writes nothing.
local function begin_span(call, n, target, now, offset)
  local packed = redis.call('HGET', K_spans, call)
  local known = packed and cmsgpack.unpack(packed) or {}
  local last = known[#known]
  if #known >= MAX_SPANS then return known, offset end
  local since = now - (target - n) * 1000
  -- Never before the end of the stretch before it, whatever the wall clock does.
  if last then since = math.max(since, last[SPAN_SINCE] + (n - last[SPAN_N]) * 1000) end
  known[#known + 1] = {since, n}
  return known, since - n * 1000
end
