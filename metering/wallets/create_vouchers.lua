--! keys: code
--! include: store/lib
-- Makes vouchers, all or none. ARGV: hashes of their codes, the record each of them gets.
-- The same batch again changes nothing: a use that was claimed meanwhile is not given back.

local digests, packed = cmsgpack.unpack(ARGV[1]), ARGV[2]
local batch = cmsgpack.unpack(packed).batch
local fields = {}
for i, digest in ipairs(digests) do
  local known = redis.call('HGET', K_code, digest)
  if known then
    if cmsgpack.unpack(known).batch ~= batch then return refuse('duplicate_key') end
  else
    fields[#fields + 1] = digest
    fields[#fields + 1] = packed
  end
end
if #fields > 0 then redis.call('HSET', K_code, unpack(fields)) end
return ok(#fields / 2)
