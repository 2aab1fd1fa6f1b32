--! keys: acct tariff n proof epoch span spans promoted receipt journal
--! include: call
-- Ticks a batch of calls of one partition. ARGV: now (ms), rows call, token, proof_ms, epoch, one
-- after the other in one flat list (a table per row costs more than the arithmetic in it).
-- Reads and checks everything first; then writes; answers each call's state, so that a lost answer
-- is harmless: call, status, n, proof, charged, provider, balance, affordable or -1, flat again.
-- A client has one live paid call, so hold, cash and promo belong to one row; earn and platform are
-- shared by the rows of the batch.

local now = tonumber(ARGV[1])
local rows = cmsgpack.unpack(ARGV[2])
local size = #rows / 4
if size == 0 or size > 256 or size ~= math.floor(size) then return refuse('out_of_range') end

local ids, seen = {}, {}
for i = 1, size do
  local call = rows[i * 4 - 3]
  if seen[call] then return refuse('out_of_range') end
  ids[i], seen[call] = call, true
end
local tariffs = redis.call('HMGET', K_tariff, unpack(ids))
local marks = redis.call('HMGET', K_n, unpack(ids))
local proofs = redis.call('HMGET', K_proof, unpack(ids))
local tokens = redis.call('HMGET', K_epoch, unpack(ids))
local spans = redis.call('HMGET', K_span, unpack(ids))

local names, count = {'platform'}, 1
local hot = {}
for i = 1, size do
  if tariffs[i] and tokens[i] == rows[i * 4 - 2] then
    local t = cmsgpack.unpack(tariffs[i])
    hot[i] = t
    if t[PRICE] > 0 then
      names[count + 1] = 'hold:' .. ids[i]
      names[count + 2] = 'cash:' .. t[CLIENT]
      names[count + 3] = 'promo:' .. t[CLIENT]
      names[count + 4] = 'earn:' .. t[PROVIDER]
      count = count + 4
    end
  end
end
local found = redis.call('HMGET', K_acct, unpack(names))
local platform, earned = tonumber(found[1] or 0), {}
local before_platform = platform

local answer = {}
local legs, legs_at, posted_calls, posted_at = {}, 0, {}, 0
local set_n, n_at, set_proof, proof_at = {}, 0, {}, 0
local set_acct, acct_at, gone, gone_at = {}, 0, {}, 0
local new_spans, set_promoted = {}, {}

-- Notes an account's new balance and the leg that leads to it.
local function move(account, balance, amount)
  if amount ~= 0 then
    legs[legs_at + 1], legs[legs_at + 2] = account, amount
    legs_at = legs_at + 2
    if balance == 0 then
      gone_at = gone_at + 1
      gone[gone_at] = account
    else
      set_acct[acct_at + 1], set_acct[acct_at + 2] = account, text(balance)
      acct_at = acct_at + 2
    end
  end
end

local at = 1 -- of the last balance read
for i = 1, size do
  local call, proof, t = ids[i], rows[i * 4 - 1], hot[i]
  local row = i * 8 - 7
  answer[row] = call
  if not t then
    local status = 'stale_epoch'
    if not tariffs[i] then
      status = redis.call('HEXISTS', K_receipt, call) == 1 and 'ended' or 'unknown_call'
    end
    answer[row + 1] = status
    for column = 2, 6 do answer[row + column] = 0 end
    answer[row + 7] = -1
  elseif proof < 0 or proof > MAX_SECONDS * 1000 or proof ~= math.floor(proof) then
    return refuse('out_of_range')
  else
    local n, stored = tonumber(marks[i]), tonumber(proofs[i])
    if proof > stored then
      set_proof[proof_at + 1], set_proof[proof_at + 2] = call, text(proof)
      proof_at = proof_at + 2
    else
      proof = stored
    end
    local posted, hold, cash, promo, place = 0, 0, 0, 0, at
    if t[PRICE] > 0 then
      posted = charge(t, n)
      hold, cash = tonumber(found[at + 1] or 0), tonumber(found[at + 2] or 0)
      promo = tonumber(found[at + 3] or 0)
      at = at + 4
    end
    local target, limit, charged = advance(t, n, posted, proof, hold + promo + cash)
    local share = charged - platform_part(t, charged)
    if target > n then
      set_n[n_at + 1], set_n[n_at + 2] = call, text(target)
      n_at = n_at + 2
      if not in_span(tonumber(spans[i] or nil), target, now) then
        new_spans[#new_spans + 1] = {call, n, target}
      end
      local due = charged - posted
      if due > 0 then
        local from_hold = math.min(due, hold)
        local from_promo = math.min(due - from_hold, promo)
        local from_cash = due - from_hold - from_promo
        hold, promo, cash = hold - from_hold, promo - from_promo, cash - from_cash
        if hold < 0 or promo < 0 or cash < 0 then return refuse('out_of_range') end
        move(names[place + 1], hold, -from_hold)
        move(names[place + 2], cash, -from_cash)
        move(names[place + 3], promo, -from_promo)
        local gained = share - (posted - platform_part(t, posted))
        local earn = names[place + 4]
        local entry = earned[earn]
        if not entry then
          entry = {tonumber(found[place + 4] or 0), 0}
          earned[earn] = entry
        end
        entry[2] = entry[2] + gained
        platform = platform + due - gained
        if from_promo > 0 then set_promoted[#set_promoted + 1] = {call, from_promo} end
        posted_calls[posted_at + 1], posted_calls[posted_at + 2] = call, target
        posted_calls[posted_at + 3] = rows[i * 4]
        posted_at = posted_at + 3
      end
    end
    answer[row + 1] = limit and proof >= limit * 1000 and 'exhausted' or 'ok'
    answer[row + 2], answer[row + 3] = target, proof
    answer[row + 4], answer[row + 5] = charged, share
    answer[row + 6] = cash + promo + hold
    answer[row + 7] = limit and math.max(0, limit - target) or -1
  end
end
for account, entry in pairs(earned) do
  local balance = entry[1] + entry[2]
  if balance > MAX_MICROS then return refuse('out_of_range') end
  move(account, balance, entry[2])
end
if platform > MAX_MICROS then return refuse('out_of_range') end
move('platform', platform, platform - before_platform)
local sum = 0
for i = 2, legs_at, 2 do sum = sum + legs[i] end
if sum ~= 0 then return refuse('out_of_range') end

if proof_at > 0 then redis.call('HSET', K_proof, unpack(set_proof)) end
for _, span in ipairs(new_spans) do begin_span(span[1], span[2], span[3], now) end
for _, row in ipairs(set_promoted) do redis.call('HINCRBY', K_promoted, row[1], text(row[2])) end
if posted_at > 0 then
  if acct_at > 0 then redis.call('HSET', K_acct, unpack(set_acct)) end
  if gone_at > 0 then redis.call('HDEL', K_acct, unpack(gone)) end
  journal('charged', now, legs, 'c', cmsgpack.pack(posted_calls))
end
if n_at > 0 then redis.call('HSET', K_n, unpack(set_n)) end
return ok(answer)
