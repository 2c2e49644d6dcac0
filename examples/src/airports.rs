//! A travel site's database: airports, and the flights between them in 2008. `data/README.md` says where they are from.

use crate::choice::{Choice, Random};
use crate::database::Database;

const AIRPORTS: &str = include_str!("../data/airports.tsv");
const ROUTES: &str = include_str!("../data/routes.tsv");

/// No index on the routes: these are the queries that make somebody want a cache.
const TABLES: &str = "
    CREATE TABLE airport (code TEXT PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, state TEXT NOT NULL);
    CREATE TABLE route (origin TEXT NOT NULL, destination TEXT NOT NULL, flights INTEGER NOT NULL);
";

const FILL: [(&str, &str); 2] = [
    (
        AIRPORTS,
        "INSERT INTO airport SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
    ),
    (
        ROUTES,
        "INSERT INTO route SELECT value ->> 0, value ->> 1, CAST(value ->> 2 AS INTEGER) FROM json_each(?)",
    ),
];

/// The fields of each line but the first, which says what they are.
pub(crate) fn fields(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

/// A new database with all of them.
///
/// # Errors
/// What sqlx or the file system reports.
pub async fn open(name: &str) -> sqlx::Result<Database> {
    let database = Database::scratch(name, TABLES).await?;
    for (table, insert) in FILL {
        let rows: Vec<_> = fields(table).collect();
        let rows = serde_json::json!(rows).to_string();
        let insert = sqlx::query(insert).bind(rows);
        insert.execute(&database.pool).await?;
    }
    database.queries().start_over();
    Ok(database)
}

/// All routes: origin, destination, flights.
#[must_use]
pub fn routes() -> Vec<(&'static str, &'static str, u32)> {
    let route = |fields: Vec<&'static str>| match fields[..] {
        [origin, destination, flights] => (origin, destination, flights.parse().unwrap_or(0)),
        _ => ("", "", 0),
    };
    fields(ROUTES).map(route).collect()
}

/// People who look at airports: at each as often as flights leave it, so at Atlanta's once in seventeen times.
#[derive(Debug)]
pub struct Travellers {
    codes: Vec<&'static str>,
    choice: Choice,
}

impl Travellers {
    /// Travellers to all airports that flights leave.
    #[must_use]
    pub fn new() -> Self {
        let (mut codes, mut weights): (Vec<&'static str>, Vec<f64>) = (Vec::new(), Vec::new());
        for (origin, _, flights) in routes() {
            if codes.last() != Some(&origin) {
                codes.push(origin);
                weights.push(0.0);
            }
            if let Some(weight) = weights.last_mut() {
                *weight += f64::from(flights);
            }
        }
        let choice = Choice::weighted(weights);
        Self { codes, choice }
    }

    /// The code of the airport that the next of them looks at.
    pub fn draw(&self, random: &mut Random) -> &'static str {
        self.codes[self.choice.draw(random)]
    }
}

impl Default for Travellers {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_database_has_what_the_files_have() {
        let database = open("airports-test").await.unwrap();
        let count = "SELECT (SELECT count(*) FROM airport), (SELECT count(*) FROM route), (SELECT sum(flights) FROM route)";
        let count: (i64, i64, i64) = sqlx::query_as(count)
            .fetch_one(&database.pool)
            .await
            .unwrap();
        assert_eq!(count, (305, 5366, 7_009_728));
        let atlanta = "SELECT name, city FROM airport WHERE code = 'ATL'";
        let atlanta: (String, String) = sqlx::query_as(atlanta)
            .fetch_one(&database.pool)
            .await
            .unwrap();
        assert_eq!(atlanta.1, "Atlanta");
    }

    #[test]
    fn atlanta_is_looked_at_once_in_seventeen_times() {
        let (travellers, mut random) = (Travellers::new(), Random::new(1));
        assert_eq!(travellers.codes.len(), 303);
        let all = (0..20_000).filter(|_| travellers.draw(&mut random) == "ATL");
        let count = all.count();
        assert!((1_000..1_360).contains(&count), "{count}");
    }
}
