//! What a connection needs before anybody uses it.

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value};

use super::error::{convert, is_dead, is_forbidden, is_unknown_syntax};
use super::scripts::Script;
use crate::error::{Error, ErrorKind};

/// Loads the scripts. A user who may not is served by `EVAL` with the source.
pub(super) async fn load_scripts(
    connection: &mut MultiplexedConnection,
) -> Result<[Option<String>; Script::ALL.len()], Error> {
    let mut pipeline = Pipeline::new();
    for script in Script::ALL {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(script.source());
    }
    // Without scripts a claim would be made and nothing stored in its place.
    pipeline.cmd("EVAL").arg("return 1").arg(0);
    // The server's `PING` as well: a connection is published only after it has answered.
    pipeline.cmd("PING");
    let replies = connection
        .send_packed_commands(&pipeline, 0, pipeline.len())
        .await;
    let mut digests = [const { None }; Script::ALL.len()];
    match replies {
        Ok(mut replies) => {
            let tried = replies.drain(Script::ALL.len()..).next();
            if let Some(Err(error)) = tried.map(Value::extract_error) {
                refuses_scripts(error)?;
            }
            for (digest, reply) in digests.iter_mut().zip(replies) {
                // An error reply comes as a value here: this user may not load scripts.
                *digest = redis::from_redis_value(reply).ok();
            }
            Ok(digests)
        }
        Err(error) if is_dead(&error) => Err(convert(error)),
        Err(_) => Ok(digests),
    }
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
