//! A leaderboard: a ranking that changes all the time, and that everybody wants to see the top of.
//!
//! ```text
//! cargo run --example leaderboard
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example leaderboard
//! ```
//!
//! A `Ranking` is a sorted set in front of the table: what a player scores goes to both, and the best ten, or a player's rank, are
//! read from Redis without a look at the other players. Without Redis it is read from the table.

use std::time::Duration;

use cached_redis_examples::choice::{Choice, Random};
use cached_redis_examples::database::Database;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};

const SEED: u64 = 9;
const PLAYERS: u64 = 2000;

/// No index on the points, which change all the time.
const TABLES: &str = "
    CREATE TABLE player (id INTEGER PRIMARY KEY, points REAL NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO player SELECT i, i * 7919 % 2003 FROM n;
";
const SCORE: &str = "UPDATE player SET points = points + ? WHERE id = ? RETURNING points";
/// Of those who have as many points, the order is that of sorted sets.
const TOP: &str = "
    SELECT id, points FROM player ORDER BY points DESC, CAST(id AS TEXT) DESC LIMIT 10";
const RANK: &str = "
    SELECT count(*) FROM player JOIN player AS me ON me.id = ? WHERE player.points > me.points
        OR player.points = me.points AND CAST(player.id AS TEXT) > CAST(me.id AS TEXT)";

/// Players and their points.
type Top = Vec<(i64, f64)>;

mod plain {
    use super::{RANK, SCORE, TOP, Top};
    use sqlx::SqlitePool;

    pub(crate) struct Board {
        pub(crate) db: SqlitePool,
    }

    impl Board {
        pub(crate) async fn score(&self, player: i64, points: f64) -> sqlx::Result<f64> {
            let score = sqlx::query_scalar(SCORE).bind(points).bind(player);
            score.fetch_one(&self.db).await
        }

        pub(crate) async fn top(&self) -> sqlx::Result<Top> {
            sqlx::query_as(TOP).fetch_all(&self.db).await
        }

        pub(crate) async fn rank(&self, player: i64) -> sqlx::Result<Option<u64>> {
            let rank: Option<i64> = sqlx::query_scalar(RANK)
                .bind(player)
                .fetch_optional(&self.db)
                .await?;
            Ok(rank.map(i64::cast_unsigned))
        }
    }
}

mod cached {
    use super::{Duration, SCORE, Top};
    use cached_redis_runtime::structures::Ranking;
    use cached_redis_runtime::{Cache, key};
    use sqlx::SqlitePool;

    pub(crate) struct Board {
        db: SqlitePool,
        ranking: Ranking<i64, sqlx::Error>,
    }

    impl Board {
        pub(crate) fn new(cache: &Cache, db: SqlitePool) -> Self {
            let source = db.clone();
            let all = move || {
                let db = source.clone();
                async move {
                    let all = sqlx::query_as("SELECT id, points FROM player");
                    all.fetch_all(&db).await
                }
            };
            let ranking = Ranking::new(cache, key!("board:all"), Duration::from_hours(24), all);
            Self { db, ranking }
        }

        pub(crate) async fn score(&self, player: i64, points: f64) -> sqlx::Result<f64> {
            let score = sqlx::query_scalar(SCORE).bind(points).bind(player);
            let written = self.ranking.update(&player, score.fetch_one(&self.db));
            Ok(written.await?.value)
        }

        pub(crate) async fn top(&self) -> sqlx::Result<Top> {
            let top = self.ranking.top(10).await?;
            Ok(top.into_iter().map(|one| (one.member, one.score)).collect())
        }

        pub(crate) async fn rank(&self, player: i64) -> sqlx::Result<Option<u64>> {
            self.ranking.rank(&player).await
        }
    }
}

pub(crate) enum Request {
    Score(i64, f64),
    Top,
    Rank(i64),
}

#[derive(Debug, PartialEq)]
enum Answer {
    Points(f64),
    Top(Top),
    Rank(Option<u64>),
}

/// One in ten scores; the others look at the top, or for themselves.
pub(crate) fn requests() -> Vec<Request> {
    let (players, mut random) = (Choice::zipf(PLAYERS, 0.8), Random::new(SEED));
    let request = |number: u32| {
        let player = 1 + (players.draw(&mut random) as u64).cast_signed();
        match number % 10 {
            0 => Request::Score(player, f64::from(number % 700)),
            1..6 => Request::Top,
            _ => Request::Rank(player),
        }
    };
    (0..600).map(request).collect()
}

/// Both sides are asked alike.
macro_rules! serve {
    ($board:expr) => {
        async |request: &Request| -> sqlx::Result<Answer> {
            Ok(match request {
                Request::Score(player, points) => {
                    Answer::Points($board.score(*player, *points).await?)
                }
                Request::Top => Answer::Top($board.top().await?),
                Request::Rank(player) => Answer::Rank($board.rank(*player).await?),
            })
        }
    };
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = Database::scratch("leaderboard-plain", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let board = plain::Board { db };
    let plain = one_by_one("plain", &queries, &requests, serve!(board)).await;

    let database = Database::scratch("leaderboard-cached", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let board = cached::Board::new(stage.cache(), db);
    let cached = stage
        .one_by_one("Ranking", &queries, &requests, serve!(board))
        .await;

    plain.same_as(&cached)?;
    let conclusion = format!(
        "{} queries instead of {}: one for all players, and one for each score.",
        cached.row.source, plain.row.source
    );
    let rows = [plain.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("leaderboard", story).await
}
