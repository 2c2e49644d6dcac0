//! What a connection needs before anybody uses it, and what there is to know about its server.

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value};

use super::error::{convert, is_dead, is_forbidden, is_unknown_syntax};
use super::probe::{self, Profile};
use super::scripts::Script;
use crate::error::{Error, ErrorKind};

type Digests = [Option<String>; Script::ALL.len()];

/// Loads the scripts, and asks what the server is: one round trip. A user who may not load is served by `EVAL` with the
/// source.
pub(super) async fn set_up(
    connection: &mut MultiplexedConnection,
    probe: &str,
) -> Result<(Digests, Profile), Error> {
    let mut pipeline = Pipeline::new();
    for script in Script::ALL {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(script.source());
    }
    // Without scripts a claim would be made and nothing stored in its place.
    pipeline.cmd("EVAL").arg("return 1").arg(0);
    probe::ask(&mut pipeline, probe);
    // The server's `PING` as well: a connection is published only after it has answered.
    pipeline.cmd("PING");
    let replies = connection
        .send_packed_commands(&pipeline, 0, pipeline.len())
        .await;
    let mut digests = [const { None }; Script::ALL.len()];
    match replies {
        Ok(mut replies) => {
            let mut others = replies.drain(Script::ALL.len()..);
            if let Some(Err(error)) = others.next().map(Value::extract_error) {
                refuses_scripts(error)?;
            }
            let profile = probe::read(others);
            for (digest, reply) in digests.iter_mut().zip(replies) {
                // An error reply comes as a value here: this user may not load scripts.
                *digest = redis::from_redis_value(reply).ok();
            }
            Ok((digests, profile))
        }
        Err(error) if is_dead(&error) => Err(convert(error)),
        Err(_) => Ok((digests, Profile::default())),
    }
}

/// Lets a replica answer for the slots of its primary. Nothing else is sent there.
pub(super) async fn read_only(connection: &mut MultiplexedConnection) -> Result<(), Error> {
    let reply = connection
        .send_packed_command(&redis::cmd("READONLY"))
        .await;
    reply.and_then(Value::extract_error).map_err(convert)?;
    Ok(())
}

/// What will not pass is an error; the rest shows again in the commands.
fn refuses_scripts(error: RedisError) -> Result<(), Error> {
    if is_unknown_syntax(&error) {
        let message = "the server has no `EVAL`, by which values are stored";
        return Err(Error::new(ErrorKind::Setting, message).with_source(error));
    }
    if is_forbidden(&error) {
        return Err(convert(error));
    }
    Ok(())
}
