--! keys: acct tariff n proof epoch span promoted receipt journal
--! include: call
-- Ticks a batch of calls of one partition. ARGV: now (ms), rows {call, token, proof_ms, epoch}.
-- Reads and checks everything first; then writes; answers each call's state, so that a lost
-- answer is harmless: {call, status, n, proof, charged, provider, balance, affordable or -1}.

local now = tonumber(ARGV[1])
local rows = cmsgpack.unpack(ARGV[2])
local size = #rows
if size == 0 or size > 256 then return refuse('out_of_range') end

local ids, seen = {}, {}
for i = 1, size do
  local call = rows[i][1]
  if seen[call] then return refuse('out_of_range') end
  ids[i], seen[call] = call, true
end
local tariffs = redis.call('HMGET', K_tariff, unpack(ids))
local marks = redis.call('HMGET', K_n, unpack(ids))
local proofs = redis.call('HMGET', K_proof, unpack(ids))
local tokens = redis.call('HMGET', K_epoch, unpack(ids))
local spans = redis.call('HMGET', K_span, unpack(ids))

local names = {'platform'}
local hot = {}
for i = 1, size do
  if tariffs[i] and tokens[i] == rows[i][2] then
    local t = cmsgpack.unpack(tariffs[i])
    hot[i] = t
    if t[PRICE] > 0 then
      local at = #names
      names[at + 1] = 'hold:' .. ids[i]
      names[at + 2] = 'cash:' .. t[CLIENT]
      names[at + 3] = 'promo:' .. t[CLIENT]
      names[at + 4] = 'earn:' .. t[PROVIDER]
    end
  end
end
local balances = read_balances(names)

local answer, legs, charged_calls = {}, {}, {}
local set_n, set_proof, set_span, set_promoted = {}, {}, {}, {}
for i = 1, size do
  local call, proof, t = ids[i], rows[i][3], hot[i]
  if not t then
    local status = 'stale_epoch'
    if not tariffs[i] then
      status = redis.call('HEXISTS', K_receipt, call) == 1 and 'ended' or 'unknown_call'
    end
    answer[i] = {call, status, 0, 0, 0, 0, 0, -1}
  elseif proof < 0 or proof > MAX_SECONDS * 1000 or proof ~= math.floor(proof) then
    return refuse('out_of_range')
  else
    local n, stored = tonumber(marks[i]), tonumber(proofs[i])
    if proof > stored then
      set_proof[#set_proof + 1] = call
      set_proof[#set_proof + 1] = text(proof)
    else
      proof = stored
    end
    local posted, money, cash, promo = 0, 0, nil, nil
    local hold = 'hold:' .. call
    if t[PRICE] > 0 then
      posted = charge(t, n)
      cash, promo = 'cash:' .. t[CLIENT], 'promo:' .. t[CLIENT]
      money = balances[hold] + balances[promo] + balances[cash]
    end
    local target, limit, charged = advance(t, n, posted, proof, money)
    if target > n then
      set_n[#set_n + 1] = call
      set_n[#set_n + 1] = text(target)
      local behind = spans[i] and cmsgpack.unpack(spans[i]) or {}
      if extend_spans(behind, n, target, now) then
        set_span[#set_span + 1] = call
        set_span[#set_span + 1] = cmsgpack.pack(behind)
      end
      if charged > posted then
        local promoted = post_charge(balances, legs, t, call, posted, charged)
        if promoted > 0 then set_promoted[#set_promoted + 1] = {call, promoted} end
        charged_calls[#charged_calls + 1] = {call, target, rows[i][4]}
      end
    end
    local balance = 0
    if cash then balance = balances[cash] + balances[promo] + balances[hold] end
    local status = 'ok'
    if limit and proof >= limit * 1000 then status = 'exhausted' end
    answer[i] = {call, status, target, proof, charged, charged - platform_part(t, charged),
                 balance, limit and math.max(0, limit - target) or -1}
  end
end
if not in_range(balances, legs) then return refuse('out_of_range') end

if #set_proof > 0 then redis.call('HSET', K_proof, unpack(set_proof)) end
if #set_span > 0 then redis.call('HSET', K_span, unpack(set_span)) end
for _, row in ipairs(set_promoted) do
  redis.call('HINCRBY', K_promoted, row[1], text(row[2]))
end
if #charged_calls > 0 then
  write_balances(balances, legs)
  journal('charged', now, legs, 'c', cmsgpack.pack(charged_calls))
end
if #set_n > 0 then redis.call('HSET', K_n, unpack(set_n)) end
return ok(answer)
