//! The Lua of structures. Where one names several keys, they are those of [`Names`](crate::store::Names), in this order: the
//! structure, its writers, until when they count, what is being built. All are in one slot.
//!
//! An error of the first command is handed out as it is: before 7.0 one that leaves a script has lost its code. Numbers of Lua
//! are floats, so a counter leaves as the text that the key holds.

/// The server's time, and what stands under the key: `'zset'`, `'list'`, `'lease'`, `'empty'` (the mark of a ranking without
/// rows), `'none'`, `'text'` (a string that is none of ours) or another type. `fit` is called when the end of a writer's time has
/// come or gone: a structure ends with the first of them, or by itself. One that has no end of its own is `forever`.
macro_rules! around {
    () => {
        "\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == 'string' then
  local held = redis.call('GETRANGE', KEYS[1], 0, 40)
  local state = string.byte(held)
  kind = 'text'
  if state == 250 and #held == 17 then kind = 'lease' end
  if state == 249 and #held == 40 then kind = 'empty' end
end
local stands = kind == 'zset' or kind == 'list' or kind == 'empty'
local function till(after) return string.format('%.0f', now + after) end
local function fit(forever)
  if not stands then return end
  local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
  if first[2] then
    redis.call('PEXPIRE', KEYS[1], math.max(tonumber(first[2]) - now, 1))
  elseif forever then
    redis.call('PERSIST', KEYS[1])
  end
end
"
    };
}

/// Takes the writer `ARGV[1]` out; `late` if his time was over. `ARGV[2]` is the structure's life, `'0'` for one without end.
macro_rules! ended {
    () => {
        "\
local due = redis.call('ZSCORE', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
local late = not due or tonumber(due) <= now
local forever = ARGV[2] == '0'
"
    };
}

/// Token, lease, and of a ranking the member. A key of another type is left alone: it gets no end either. A full server refuses the
/// first write of a script, and no later one. Who began and died is forgotten when his time is over; the structure ended with it.
pub(super) const BEGIN: &str = concat!(
    around!(),
    "\
local mine = ARGV[3] and 'zset' or 'list'
local ours = kind == 'none' or kind == 'lease' or kind == 'text' or kind == 'empty' or kind == mine
if not ours then return redis.pcall('GET', KEYS[1]) end
local lease = tonumber(ARGV[2])
local last = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')[2]
local alone = not last or tonumber(last) <= now
redis.call('ZADD', KEYS[3], till(lease), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', till(0))
local left = stands and redis.call('PTTL', KEYS[1]) or -1
if not stands then
  redis.call('ZREM', KEYS[3], 'end')
elseif alone and left > 0 then
  redis.call('ZADD', KEYS[3], till(left), 'end')
end
if redis.call('PTTL', KEYS[3]) < lease then redis.call('PEXPIRE', KEYS[3], lease) end
if ARGV[3] then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
  if redis.call('PTTL', KEYS[2]) < lease then redis.call('PEXPIRE', KEYS[2], lease) end
end
fit(false)
if kind == 'list' then return string.sub(redis.call('LINDEX', KEYS[1], 0), 2, 17) end
return ''"
);

/// Token, life, and of a ranking the member.
pub(super) const WITHDRAW: &str = concat!(
    around!(),
    ended!(),
    "\
if ARGV[3] and redis.call('HGET', KEYS[2], ARGV[3]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[3]) end
if due then fit(forever) end
return 1"
);

/// Token, life, member, score or `''` to take it out. The token of whoever began to write the member later goes as well: which of
/// the two the source saw last, nobody here knows. Where what is being built has been lost, with the changes that it had, nothing
/// is stored.
pub(super) const RANK: &str = concat!(
    around!(),
    ended!(),
    "\
local mine = redis.call('HGET', KEYS[2], ARGV[3]) == ARGV[1]
redis.call('HDEL', KEYS[2], ARGV[3])
local ranks = kind == 'zset' or kind == 'lease' or kind == 'empty'
if not ranks then
  if kind == 'none' or kind == 'text' then return 1 end
  return redis.pcall('GET', KEYS[1])
end
local out = ARGV[4] == ''
local lost = kind == 'lease' and (out or not redis.call('ZSCORE', KEYS[4], redis.call('GETRANGE', KEYS[1], 0, 16)))
if late or not mine or lost then
  redis.call('DEL', KEYS[1], KEYS[4])
  return 0
end
if kind == 'lease' then
  redis.call('ZADD', KEYS[4], ARGV[4], ARGV[3])
  return 1
end
if out then
  if kind == 'zset' then redis.call('ZREM', KEYS[1], ARGV[3]) end
elseif kind == 'zset' then
  redis.call('ZADD', KEYS[1], ARGV[4], ARGV[3])
else
  local left = redis.call('PTTL', KEYS[1])
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], ARGV[4], ARGV[3])
  if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
end
fit(forever)
return 1"
);

/// Token, life, the nonce of the list that the writer saw, its format, flags and fingerprint, the cap, the item. A list begins
/// with a header, and the item goes behind it. Whether what is being built, or was built meanwhile, has the item already, nobody
/// here knows.
pub(super) const PUSH: &str = concat!(
    around!(),
    ended!(),
    "\
if kind == 'none' or kind == 'text' then return 1 end
if kind == 'lease' then
  redis.call('DEL', KEYS[1], KEYS[4])
  return 0
end
if kind ~= 'list' then
  if kind == 'empty' then return 1 end
  return redis.pcall('GET', KEYS[1])
end
local head = redis.call('LINDEX', KEYS[1], 0)
if late or string.sub(head, 2, 17) ~= ARGV[3] or string.sub(head, 18, 27) ~= ARGV[4] then
  redis.call('DEL', KEYS[1], KEYS[4])
  return 0
end
redis.call('LSET', KEYS[1], 0, ARGV[6])
redis.call('LPUSH', KEYS[1], head)
redis.call('LTRIM', KEYS[1], 0, ARGV[5])
fit(forever)
return 1"
);

/// Lease, milliseconds, how many rows are there, then scores and members; none of them before the source is read. The lease is a
/// member of what is being built for it, and its score the number of rows that were put there: what was lost on the way is
/// noticed, and so are the changes that were lost with it.
pub(super) const STAGE_ROWS: &str = "\
if redis.pcall('GETRANGE', KEYS[1], 0, 17) ~= ARGV[1] then return 0 end
local before = tonumber(ARGV[3])
if #ARGV == 3 then
  local there = redis.pcall('ZSCORE', KEYS[4], ARGV[1])
  if type(there) == 'string' then return 1 end
  redis.call('DEL', KEYS[4])
else
  if tonumber(redis.call('ZSCORE', KEYS[4], ARGV[1]) or -1) ~= before then return 0 end
  redis.call('ZADD', KEYS[4], 'NX', unpack(ARGV, 4))
end
redis.call('ZADD', KEYS[4], before + (#ARGV - 3) / 2, ARGV[1])
redis.call('PEXPIRE', KEYS[4], ARGV[2])
return 1";

/// Lease, milliseconds, how many items are there, the header, then items.
pub(super) const STAGE_ITEMS: &str = "\
if redis.pcall('GETRANGE', KEYS[1], 0, 17) ~= ARGV[1] then return 0 end
local before = tonumber(ARGV[3])
if before == 0 then
  redis.call('DEL', KEYS[4])
  redis.call('RPUSH', KEYS[4], ARGV[4])
elseif redis.call('LLEN', KEYS[4]) ~= before + 1 or redis.call('LINDEX', KEYS[4], 0) ~= ARGV[4] then
  return 0
end
if #ARGV > 4 then redis.call('RPUSH', KEYS[4], unpack(ARGV, 5)) end
redis.call('PEXPIRE', KEYS[4], ARGV[2])
return 1";

/// Lease, life, how many rows or items, the header or what marks an empty ranking, `'list'` or `'zset'`.
pub(super) const SETTLE: &str = concat!(
    around!(),
    "\
if kind ~= 'lease' or redis.call('GETRANGE', KEYS[1], 0, 17) ~= ARGV[1] then return 0 end
local count
if ARGV[5] == 'zset' then
  count = redis.call('ZSCORE', KEYS[4], ARGV[1])
elseif redis.call('LINDEX', KEYS[4], 0) == ARGV[4] then
  count = redis.call('LLEN', KEYS[4]) - 1
end
if not count or tonumber(count) ~= tonumber(ARGV[3]) then return 0 end
if ARGV[5] == 'zset' then redis.call('ZREM', KEYS[4], ARGV[1]) end
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('RENAME', KEYS[4], KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[4])
end
stands = true
if ARGV[2] == '0' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', till(0))
redis.call('ZREM', KEYS[3], 'end')
if redis.call('ZCARD', KEYS[3]) > 0 then
  if ARGV[2] ~= '0' then redis.call('ZADD', KEYS[3], till(tonumber(ARGV[2])), 'end') end
  fit(false)
end
return 1"
);

/// A member, and how many on either side of it; both may be left out. Answers with how many members there are, then the member's
/// rank and score, the rank of the first row, and the rows; with the string that stands there; or with nil.
pub(super) const STANDING: &str = "\
local members = redis.pcall('ZCARD', KEYS[1])
if type(members) == 'table' then return redis.pcall('GETRANGE', KEYS[1], 0, 64) end
if members == 0 then return false end
if not ARGV[1] then return { members } end
local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
if not rank then return { members } end
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not ARGV[2] then return { members, rank, score } end
local first = math.max(rank - ARGV[2], 0)
local last = string.format('%.0f', rank + ARGV[2])
local rows = redis.call('ZRANGE', KEYS[1], first, last, 'REV', 'WITHSCORES')
return { members, rank, score, first, rows }";

/// By how much, and milliseconds or `'0'`. A key that has no end gets one, whoever left it so.
pub(super) const ADD: &str = "\
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then return sum end
if ARGV[2] ~= '0' and redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])";

/// `'SADD'` or `'PFADD'`, the member, milliseconds or `'0'`.
pub(super) const INCLUDE: &str = "\
local new = redis.pcall(ARGV[1], KEYS[1], ARGV[2])
if type(new) == 'table' then return new end
if ARGV[3] ~= '0' and redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return new";

/// The limit, and milliseconds. What is denied is not written.
pub(super) const ADMIT: &str = "\
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
local count = tonumber(held or '0')
if not count then return redis.pcall('INCRBY', KEYS[1], 0) end
local left = held and redis.call('PTTL', KEYS[1]) or -1
local allowed = 0
if count < tonumber(ARGV[1]) then
  count = redis.pcall('INCRBY', KEYS[1], 1)
  if type(count) == 'table' then return count end
  allowed = 1
end
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return { allowed, count, left }";
