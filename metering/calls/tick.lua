--! keys: acct tariff meter spans receipt journal
--! include: calls/charge
-- Ticks a batch of calls of one partition. ARGV: now (ms), owner, rows call, proof_ms, epoch, one
-- after the other in one flat list (a table per row costs more than the arithmetic in it).
-- Reads and checks everything first; then writes; answers where each call stands, in the order
-- asked, so that a lost answer is harmless: status, n, proof, charged, provider's part, balance,
-- affordable or -1, flat again.
-- A client has one live paid call, so cash and promo belong to one row; platform is shared by the
-- rows of the batch.

local OK, EXHAUSTED, STALE_EPOCH, ENDED, UNKNOWN_CALL = 0, 1, 2, 3, 4

local now, owner = tonumber(ARGV[1]), ARGV[2]
local rows = cmsgpack.unpack(ARGV[3])
local size = #rows / 3
if size == 0 or size > 256 or size ~= math.floor(size) then return refuse('out_of_range') end
local unpack_row, pack_row, min = struct.unpack, struct.pack, math.min

local ids, seen = {}, {}
for i = 1, size do
  local call = rows[i * 3 - 2]
  if seen[call] then return refuse('out_of_range') end
  ids[i], seen[call] = call, true
end
local tariffs = redis.call('HMGET', K_tariff, unpack(ids))
local meters = redis.call('HMGET', K_meter, unpack(ids))

local names, count, numbers_at = {'platform'}, 1, {}
for i = 1, size do
  if tariffs[i] then
    local client, after = unpack_row(CLIENT_FIRST, tariffs[i])
    names[count + 1], names[count + 2] = 'cash:' .. client, 'promo:' .. client
    count, numbers_at[i] = count + 2, after
  end
end
local balances = redis.call('HMGET', K_acct, unpack(names))
local platform = tonumber(balances[1] or 0)
local before_platform, drawn, shared = platform, 0, 0

local answer, at = {}, 0
local legs, legs_at, posted_calls, posted_at = {}, 0, {}, 0
local set_meter, meter_at, set_acct, acct_at, gone, gone_at = {}, 0, {}, 0, {}, 0
local set_spans, spans_at = {}, 0

-- Draws from an account of the client; notes its new balance and the leg that leads to it.
local function draw(account, balance, amount)
  legs[legs_at + 1], legs[legs_at + 2] = account, -amount
  legs_at = legs_at + 2
  if balance == 0 then
    gone_at = gone_at + 1
    gone[gone_at] = account
  else
    set_acct[acct_at + 1], set_acct[acct_at + 2] = account, text(balance)
    acct_at = acct_at + 2
  end
end

local place = 2 -- of the row's cash among the balances
for i = 1, size do
  local call, proof, epoch = ids[i], rows[i * 3 - 1], rows[i * 3]
  if proof < 0 or proof > MAX_SECONDS * 1000 or proof ~= math.floor(proof) then
    return refuse('out_of_range')
  end
  local status, n, charged, share, balance, limit = UNKNOWN_CALL, 0, 0, 0, 0, nil
  if tariffs[i] then
    local stored, hold, promoted, offset, fence, holder
    n, stored, hold, share, promoted, offset, fence, holder = unpack_row(METER_ROW, meters[i])
    if fence ~= epoch or holder ~= owner then
      status, n, proof, share = STALE_EPOCH, 0, 0, 0
    else
      local price, period, free, gift, initial, increment, bps, cap =
        unpack_row(TARIFF_NUMBERS, tariffs[i], numbers_at[i])
      local cash, promo = tonumber(balances[place] or 0), tonumber(balances[place + 1] or 0)
      local posted = charge_for(n, price, period, free, gift, initial, increment)
      balance = hold + cash + promo
      limit = affordable_for(posted + balance, price, period, free, gift, initial, increment, cap)
      local raised = proof > stored
      if not raised then proof = stored end
      local target = target_of(n, proof, limit)
      charged = posted
      if target > n then
        charged = charge_for(target, price, period, free, gift, initial, increment)
        if not in_span(offset, target, now) then
          local spans
          spans, offset = begin_span(call, n, target, now, offset)
          set_spans[spans_at + 1], set_spans[spans_at + 2] = call, cmsgpack.pack(spans)
          spans_at = spans_at + 2
        end
        local due = charged - posted
        if due > 0 then
          local from_hold = min(due, hold)
          if due > from_hold then
            local from_promo = min(due - from_hold, promo)
            local from_cash = due - from_hold - from_promo
            promo, cash = promo - from_promo, cash - from_cash
            if hold < 0 or promo < 0 or cash < 0 then return refuse('out_of_range') end
            if from_promo > 0 then draw(names[place + 1], promo, from_promo) end
            if from_cash > 0 then draw(names[place], cash, from_cash) end
            promoted = promoted + from_promo
          end
          local gained = charged - fee_of(charged, bps) - share
          hold, share, balance = hold - from_hold, share + gained, balance - due
          platform, drawn, shared = platform + due - gained, drawn + due, shared + gained
          posted_calls[posted_at + 1], posted_calls[posted_at + 2] = call, target
          posted_calls[posted_at + 3], posted_calls[posted_at + 4] = epoch, from_hold
          posted_calls[posted_at + 5] = gained
          posted_at = posted_at + 5
        end
      end
      if raised or target > n then
        n = target
        set_meter[meter_at + 1] = call
        set_meter[meter_at + 2] =
          pack_row(METER_ROW, n, proof, hold, share, promoted, offset, epoch, #owner, owner)
        meter_at = meter_at + 2
      end
      status = limit and proof >= limit * 1000 and EXHAUSTED or OK
    end
    place = place + 2
  else
    proof = 0
    if redis.call('HEXISTS', K_receipt, call) == 1 then status = ENDED end
  end
  answer[at + 1], answer[at + 2], answer[at + 3], answer[at + 4] = status, n, proof, charged
  answer[at + 5], answer[at + 6] = share, balance
  answer[at + 7] = limit and math.max(0, limit - n) or -1
  at = at + 7
end
if platform > MAX_MICROS or drawn ~= shared + platform - before_platform then
  return refuse('out_of_range')
end

if posted_at > 0 then
  if platform ~= before_platform then
    draw('platform', platform, before_platform - platform)
  end
  if acct_at > 0 then redis.call('HSET', K_acct, unpack(set_acct)) end
  if gone_at > 0 then redis.call('HDEL', K_acct, unpack(gone)) end
  journal('charged', now, legs, 'c', cmsgpack.pack(posted_calls))
end
if spans_at > 0 then redis.call('HSET', K_spans, unpack(set_spans)) end
if meter_at > 0 then redis.call('HSET', K_meter, unpack(set_meter)) end
return ok(answer)
