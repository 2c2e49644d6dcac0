//! The protocol's scripts for entries that are hashes: the header is the field `%`, and the scripts beside these compare what
//! it holds as those of `scripts.rs` compare a string's beginning.
//!
//! An entry of another layout under the same key is a string. It is told by its own beginning, and goes where a claim or a fill may
//! replace it. A full server refuses the first write of a script, and no later one: so that is never the `DEL`.

/// Afterwards `held` is the header, or the string that is there instead, or `false` if nothing is; `hash` says which. What is
/// neither is handed out as the error that it is. Before 7.0 an error that leaves a script has lost its code, so it is written anew.
macro_rules! held {
    () => {
        "\
local wrong = 'WRONGTYPE Operation against a key holding the wrong kind of value'
local hash = true
local held = redis.pcall('HGET', KEYS[1], '%')
if type(held) == 'table' then
  if not string.find(held.err, 'WRONGTYPE', 1, true) then return held end
  hash = false
  held = redis.pcall('GET', KEYS[1])
  if type(held) == 'table' then return held end
elseif not held and redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.error_reply(wrong)
end
"
    };
}

/// Lets the key live for `ARGV[2]` milliseconds. Were that refused, nothing would be left that lives for ever.
macro_rules! expire {
    () => {
        "\
local set = redis.pcall('PEXPIRE', KEYS[1], ARGV[2])
if type(set) == 'table' then
  redis.call('DEL', KEYS[1])
  return set
end
"
    };
}

/// Puts this header there, and nothing else. A full server refuses it, and what was there stays.
macro_rules! header {
    ($header:literal) => {
        concat!(
            "\
if hash then redis.call('HSET', KEYS[1], '%', ",
            $header,
            ") else redis.call('SET', KEYS[1], ",
            $header,
            ") end
if held then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], '%', ",
            $header,
            ")
end
"
        )
    };
}

/// Puts the lease `ARGV[1]` there, for `ARGV[2]` milliseconds.
macro_rules! lease {
    () => {
        concat!(header!("ARGV[1]"), expire!())
    };
}

/// `KEYS[1]`. What is there: a string, a hash's fields and values, or nil.
pub(super) const LOOK: &str = concat!(
    held!(),
    "\
if held and hash then return redis.call('HGETALL', KEYS[1]) end
return held"
);

/// The arguments of the claim of strings. A hash's header that is no entry's is `'foreign'` by itself, and so is one of ours that a
/// reader takes for too long.
pub(super) const CLAIM: &str = concat!(
    held!(),
    "\
if held and held ~= ARGV[1] then
  local fits = false
  if ARGV[3] == 'nonce' then
    fits = string.sub(held, 2, 17) == ARGV[4]
  elseif ARGV[3] == 'foreign' then
    fits = #held == tonumber(ARGV[5]) and string.sub(held, 1, #ARGV[4]) == ARGV[4]
      or hash and #held == 40 and string.sub(ARGV[4], 1, 40) == held
  end
  if not fits then
    if hash then return redis.call('HGETALL', KEYS[1]) end
    return held
  end
end
",
    lease!(),
    "return false"
);

/// `KEYS[1]`, lease, milliseconds. What looks like a guard stays.
pub(super) const SEIZE: &str = concat!(
    held!(),
    "\
if held and not hash and string.byte(held) == 251 then return 0 end
",
    lease!(),
    "return 1"
);

/// `KEYS[1]`, nonce, milliseconds or `'0'` for no expiry, header, then names and values. Lua hands a thousand arguments to a command,
/// and not many more.
pub(super) const FILL: &str = concat!(
    held!(),
    "\
if not held or #held < 17 then return 0 end
local nonce = string.sub(held, 2, 17)
if nonce ~= ARGV[1] and nonce ~= string.sub(ARGV[3], 2, 17) then return 0 end
",
    header!("ARGV[3]"),
    "\
for from = 4, #ARGV, 1000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, from, math.min(from + 999, #ARGV)))
end
if ARGV[2] == '0' then return 1 end
",
    expire!(),
    "return 1"
);

/// `KEYS[1]`, lease, milliseconds.
pub(super) const RENEW: &str = "\
if redis.pcall('HGET', KEYS[1], '%') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])";

/// `KEYS[1]`, lease.
pub(super) const RELEASE: &str = "\
if redis.pcall('HGET', KEYS[1], '%') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";

/// `KEYS[1]`, lease, milliseconds, what the header of a value says of its format and type. The other fields stay; the header
/// that was there and the milliseconds that the entry has left are the answer, or nil if there is no such entry.
pub(super) const HOLD: &str = "\
local held = redis.pcall('HGET', KEYS[1], '%')
if type(held) ~= 'string' or #held ~= 40 then return false end
if string.byte(held) ~= 248 or string.sub(held, 18, 27) ~= ARGV[3] then return false end
local left = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], '%', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {held, left}";

/// `KEYS[1]`, lease, milliseconds or `'0'` for no expiry, header, name, value. The header has a nonce of its own, by which a second
/// try finds that the first went through.
pub(super) const UPDATE: &str = "\
local held = redis.pcall('HGET', KEYS[1], '%')
if held == ARGV[3] then return 1 end
if held ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], ARGV[4], ARGV[5], '%', ARGV[3])
if ARGV[2] == '0' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1";
