--! keys: acct tariff meter spans receipt journal
--! rows: tariff meter posted asked ticked status
--! include: tariff calls/charge
-- Ticks a batch of calls of one partition. ARGV: now (ms), owner, rows `asked` in one flat list (a
-- table for each costs more than the arithmetic in it).
-- Reads and checks everything first; then writes; answers where each call stands, in the order
-- asked, so that a lost answer is harmless: rows `ticked`, flat again; `left` is what can still be
-- paid for (s), -1 when the call is free.
-- A client has one live paid call, so cash and promo belong to one row; platform is shared by the
-- rows of the batch.

local now, by = tonumber(ARGV[1]), ARGV[2]
local asked = cmsgpack.unpack(ARGV[3])
local size = #asked / ASKED_SIZE
if size == 0 or size > 256 or size ~= math.floor(size) then return refuse('out_of_range') end
local unpack_row, pack_row, min, max = struct.unpack, struct.pack, math.min, math.max

local calls, seen = {}, {}
for i = 1, size do
  local call = asked[(i - 1) * ASKED_SIZE + ASKED_CALL]
  if seen[call] then return refuse('out_of_range') end
  calls[i], seen[call] = call, true
end
local tariffs = redis.call('HMGET', K_tariff, unpack(calls))
local meters = redis.call('HMGET', K_meter, unpack(calls))

-- Behind the platform two accounts for each call: that of an unknown one is not looked at.
local names, terms_at = {'platform'}, {}
for i = 1, size do
  local cash, promo = 'platform', 'platform'
  if tariffs[i] then
    local client, after = unpack_row(TARIFF_CLIENT_FORMAT, tariffs[i])
    cash, promo, terms_at[i] = 'cash:' .. client, 'promo:' .. client, after
  end
  names[2 * i], names[2 * i + 1] = cash, promo
end
local balances = redis.call('HMGET', K_acct, unpack(names))
local platform = tonumber(balances[1] or 0)
local before_platform, drawn, shared = platform, 0, 0

local answer, legs, posted_calls = {}, {}, {}
local set_meter, set_acct, gone, set_spans = {}, {}, {}, {}

-- Draws from an account of the client; notes its new balance and the leg that leads to it.
local function draw(account, balance, amount)
  local at = #legs
  legs[at + 1], legs[at + 2] = account, -amount
  if balance == 0 then
    gone[#gone + 1] = account
  else
    at = #set_acct
    set_acct[at + 1], set_acct[at + 2] = account, text(balance)
  end
end

for i = 1, size do
  local call, row = calls[i], (i - 1) * ASKED_SIZE
  local reported, fence = asked[row + ASKED_PROOF], asked[row + ASKED_EPOCH]
  if reported < 0 or reported > MAX_SECONDS * 1000 or reported ~= math.floor(reported) then
    return refuse('out_of_range')
  end
  local status, charged, balance, left = STATUS_UNKNOWN_CALL, 0, 0, -1
  local METER_FIELDS
  if tariffs[i] then
    METER_FIELDS = unpack_row(METER_FORMAT, meters[i])
    if epoch ~= fence or owner ~= by then
      status, n, proof, share = STATUS_STALE_EPOCH, 0, 0, 0
    else
      local TARIFF_TERMS_FIELDS = unpack_row(TARIFF_TERMS_FORMAT, tariffs[i], terms_at[i])
      local cash, promo = tonumber(balances[2 * i] or 0), tonumber(balances[2 * i + 1] or 0)
      charged = charge_for(n, TARIFF_PRICE_FIELDS)
      balance = hold + cash + promo
      local limit = affordable_for(charged + balance, TARIFF_PRICE_FIELDS, cap)
      local raised = reported > proof
      if raised then proof = reported end
      local target = target_of(n, proof, limit)
      if target > n then
        local posted = charged
        charged = charge_for(target, TARIFF_PRICE_FIELDS)
        if not in_span(offset, target, now) then
          local spans
          spans, offset = begin_span(call, n, target, now, offset)
          local at = #set_spans
          set_spans[at + 1], set_spans[at + 2] = call, cmsgpack.pack(spans)
        end
        local due = charged - posted
        if due > 0 then
          local from_hold = min(due, hold)
          if due > from_hold then
            local from_promo = min(due - from_hold, promo)
            local from_cash = due - from_hold - from_promo
            promo, cash = promo - from_promo, cash - from_cash
            if hold < 0 or promo < 0 or cash < 0 then return refuse('out_of_range') end
            if from_promo > 0 then draw(names[2 * i + 1], promo, from_promo) end
            if from_cash > 0 then draw(names[2 * i], cash, from_cash) end
            promoted = promoted + from_promo
          end
          local gained = charged - fee_of(charged, bps) - share
          hold, share, balance = hold - from_hold, share + gained, balance - due
          platform, drawn, shared = platform + due - gained, drawn + due, shared + gained
          local at = #posted_calls
          posted_calls[at + POSTED_CALL], posted_calls[at + POSTED_N] = call, target
          posted_calls[at + POSTED_EPOCH] = fence
          posted_calls[at + POSTED_FROM_HOLD] = from_hold
          posted_calls[at + POSTED_GAINED] = gained
        end
      end
      if raised or target > n then
        n = target
        local at = #set_meter
        set_meter[at + 1], set_meter[at + 2] = call, pack_row(METER_FORMAT, METER_VALUES)
      end
      status = limit and proof >= limit * 1000 and STATUS_EXHAUSTED or STATUS_OK
      left = limit and max(0, limit - n) or -1
    end
  else
    n, proof, share = 0, 0, 0
    if redis.call('HEXISTS', K_receipt, call) == 1 then status = STATUS_ENDED end
  end
  local at = (i - 1) * TICKED_SIZE
  answer[at + TICKED_STATUS], answer[at + TICKED_N] = status, n
  answer[at + TICKED_PROOF], answer[at + TICKED_CHARGED] = proof, charged
  answer[at + TICKED_SHARE], answer[at + TICKED_BALANCE] = share, balance
  answer[at + TICKED_LEFT] = left
end
if platform > MAX_MICROS or drawn ~= shared + platform - before_platform then
  return refuse('out_of_range')
end

if #posted_calls > 0 then
  if platform ~= before_platform then
    draw('platform', platform, before_platform - platform)
  end
  if #set_acct > 0 then redis.call('HSET', K_acct, unpack(set_acct)) end
  if #gone > 0 then redis.call('HDEL', K_acct, unpack(gone)) end
  journal('charged', now, legs, 'c', cmsgpack.pack(posted_calls))
end
if #set_spans > 0 then redis.call('HSET', K_spans, unpack(set_spans)) end
if #set_meter > 0 then redis.call('HSET', K_meter, unpack(set_meter)) end
return ok(answer)
