use cached_redis_runtime::cache_aside;

#[derive(serde::Serialize, serde::Deserialize)]
struct Token {
    expires_in: u64,
    revoked: bool,
}

#[cache_aside(key = "token:<id>", ttl = |token| token.expires_in, unless = |token| token.revoked)]
async fn find(id: u64) -> Token {
    Token { expires_in: id, revoked: false }
}

fn main() {
    drop(find(1));
}
