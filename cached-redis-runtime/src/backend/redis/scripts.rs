//! The Lua that the protocol needs: compare by nonce, then write. Each names one key, so it fits any cluster slot.
//!
//! A missing key reads as the empty string, which equals no nonce of 16 bytes.

mod structures;

use super::hash_scripts;

/// One script: its source, sent when the server does not know its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Claim,
    Seize,
    Fill,
    Renew,
    Slide,
    Release,
    Guard,
    Unguard,
    Tag,
    Begin,
    Withdraw,
    Rank,
    Push,
    StageRows,
    StageItems,
    Settle,
    Standing,
    Add,
    Include,
    Admit,
    HashLook,
    HashClaim,
    HashSeize,
    HashFill,
    HashRenew,
    HashRelease,
    HashHold,
    HashUpdate,
}

impl Script {
    pub(super) const ALL: [Self; 28] = [
        Self::Claim,
        Self::Seize,
        Self::Fill,
        Self::Renew,
        Self::Slide,
        Self::Release,
        Self::Guard,
        Self::Unguard,
        Self::Tag,
        Self::Begin,
        Self::Withdraw,
        Self::Rank,
        Self::Push,
        Self::StageRows,
        Self::StageItems,
        Self::Settle,
        Self::Standing,
        Self::Add,
        Self::Include,
        Self::Admit,
        Self::HashLook,
        Self::HashClaim,
        Self::HashSeize,
        Self::HashFill,
        Self::HashRenew,
        Self::HashRelease,
        Self::HashHold,
        Self::HashUpdate,
    ];

    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Claim => CLAIM,
            Self::Seize => SEIZE,
            Self::Fill => FILL,
            Self::Renew => RENEW,
            Self::Slide => SLIDE,
            Self::Release => RELEASE,
            Self::Guard => GUARD,
            Self::Unguard => UNGUARD,
            Self::Tag => TAG,
            Self::Begin => structures::BEGIN,
            Self::Withdraw => structures::WITHDRAW,
            Self::Rank => structures::RANK,
            Self::Push => structures::PUSH,
            Self::StageRows => structures::STAGE_ROWS,
            Self::StageItems => structures::STAGE_ITEMS,
            Self::Settle => structures::SETTLE,
            Self::Standing => structures::STANDING,
            Self::Add => structures::ADD,
            Self::Include => structures::INCLUDE,
            Self::Admit => structures::ADMIT,
            Self::HashLook => hash_scripts::LOOK,
            Self::HashClaim => hash_scripts::CLAIM,
            Self::HashSeize => hash_scripts::SEIZE,
            Self::HashFill => hash_scripts::FILL,
            Self::HashRenew => hash_scripts::RENEW,
            Self::HashRelease => hash_scripts::RELEASE,
            Self::HashHold => hash_scripts::HOLD,
            Self::HashUpdate => hash_scripts::UPDATE,
        }
    }
}

/// `KEYS[1]`, lease, milliseconds, what to replace: `''`, `'nonce'` or `'foreign'`, then the nonce, or the beginning
/// and the length. Answers with what is there instead, or nil if the lease is in place. Before 7.0 an error that leaves a
/// script has lost its code, so that of a key of another type is handed out as it is.
const CLAIM: &str = "\
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
if held and held ~= ARGV[1] then
  local fits = false
  if ARGV[3] == 'nonce' then
    fits = string.sub(held, 2, 17) == ARGV[4]
  elseif ARGV[3] == 'foreign' then
    fits = #held == tonumber(ARGV[5]) and string.sub(held, 1, #ARGV[4]) == ARGV[4]
  end
  if not fits then return held end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false";

/// `KEYS[1]`, lease, milliseconds. What looks like a guard stays. An error is handed out as by [`CLAIM`].
const SEIZE: &str = "\
local state = redis.pcall('GETRANGE', KEYS[1], 0, 0)
if type(state) == 'table' then return state end
if state == '\\251' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// `KEYS[1]`, nonce, entry, milliseconds or `'0'` for no expiry. The entry's own nonce counts too: it is there when a
/// first try went through and only its reply was lost.
const FILL: &str = "\
local nonce = redis.call('GETRANGE', KEYS[1], 1, 16)
if nonce ~= ARGV[1] and nonce ~= string.sub(ARGV[2], 2, 17) then return 0 end
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1";

/// `KEYS[1]`, lease, milliseconds. A value's first bytes differ from a lease's, so its TTL is never touched.
const RENEW: &str = "\
if redis.call('GETRANGE', KEYS[1], 0, 16) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])";

/// `KEYS[1]`, header up to its date, milliseconds, new date. Where the date cannot be written, as on a full server, the entry
/// lives on all the same, and the next read comes here again.
const SLIDE: &str = "\
if redis.call('GETRANGE', KEYS[1], 0, 32) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SETRANGE', KEYS[1], 27, ARGV[3])
return 1";

/// `KEYS[1]`, lease.
const RELEASE: &str = "\
if redis.call('GETRANGE', KEYS[1], 0, 16) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";

/// `KEYS[1]`, milliseconds, members. A member's score is the end of its life by the server's clock; it is never brought
/// forward, and neither is that of the whole set. The first command's error is handed out as it is, as by [`CLAIM`].
const TAG: &str = "\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life = tonumber(ARGV[1])
local pruned = redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now))
if type(pruned) == 'table' then return pruned end
local ends = string.format('%.0f', now + life)
for place = 2, #ARGV do
  redis.call('ZADD', KEYS[1], 'GT', ends, ARGV[place])
end
if redis.call('PTTL', KEYS[1]) < life then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1";

/// `ARGV[1]` is a writer's token. Afterwards `others` are the writers of the guard that the key holds, but for that one
/// and those whose time is over; `last` is when the time of the last of them is. Put together at once: one by one, a
/// thousand writers of one key would keep the server busy for 20 ms each.
macro_rules! others {
    () => {
        "\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.pcall('GET', KEYS[1])
local guarded = type(held) == 'string' and string.byte(held) == 251 and #held % 22 == 17
local others, last = {}, 0
if guarded then
  for at = 18, #held, 22 do
    local till = 0
    for byte = at + 16, at + 21 do till = till * 256 + string.byte(held, byte) end
    if till > now and string.sub(held, at, at + 15) ~= ARGV[1] then
      others[#others + 1] = string.sub(held, at, at + 21)
      last = math.max(last, till)
    end
  end
end
others = table.concat(others)
"
    };
}

/// `KEYS[1]`, token, nonce, milliseconds. A full server still deletes. It leaves a guard that is there: under it nothing
/// is stored, and it expires.
const GUARD: &str = concat!(
    others!(),
    "\
local mine = now + ARGV[3]
local rest, bytes = mine, ''
for _ = 1, 6 do
  bytes = string.char(rest % 256) .. bytes
  rest = math.floor(rest / 256)
end
local guard = '\\251' .. ARGV[2] .. others .. ARGV[1] .. bytes
local set = redis.pcall('SET', KEYS[1], guard, 'PX', math.max(last, mine) - now)
if not set.err then return 1 end
if not guarded then redis.call('DEL', KEYS[1]) end
return 0"
);

/// `KEYS[1]`, token.
const UNGUARD: &str = concat!(
    others!(),
    "\
if others == '' then return redis.call('DEL', KEYS[1]) end
redis.pcall('SET', KEYS[1], string.sub(held, 1, 17) .. others, 'PX', last - now)
return 0"
);
