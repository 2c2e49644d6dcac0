//! One repository for every kind of document: each kind has a table of its own, and a document is JSON in a column.

use std::marker::PhantomData;
use std::sync::Arc;

use cached_redis_runtime::{cache_aside, cache_invalidate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, SqlitePool};

/// A kind of document.
pub trait Document: Serialize + DeserializeOwned + Send + Sync {
    /// The table that holds them.
    const TABLE: &'static str;
}

/// The documents of one kind.
#[derive(Debug, Clone)]
pub struct Documents<T> {
    db: SqlitePool,
    table: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T: Document> Documents<T> {
    /// The documents in this database, which gets their table if it has none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn new(db: SqlitePool) -> sqlx::Result<Self> {
        let table = T::TABLE;
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, document TEXT NOT NULL)"
        );
        sqlx::query(AssertSqlSafe(create)).execute(&db).await?;
        let kind = PhantomData;
        Ok(Self { db, table, kind })
    }

    /// One document.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_aside(key = "document:<self.table>:<id>", ttl = "10m")]
    pub async fn find(&self, id: i64) -> sqlx::Result<Option<Arc<T>>> {
        let query = format!("SELECT document FROM {} WHERE id = ?", self.table);
        let json: Option<String> = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(id)
            .fetch_optional(&self.db)
            .await?;
        json.map(|json| from_json(&json).map(Arc::new)).transpose()
    }

    /// Some documents, the newest first.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_aside(key = "documents:<self.table>:<offset>:<limit>", ttl = "5s")]
    pub async fn page(&self, offset: u32, limit: u32) -> sqlx::Result<Vec<T>> {
        let query = format!(
            "SELECT document FROM {} ORDER BY id DESC LIMIT ? OFFSET ?",
            self.table
        );
        let json: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
            .bind(limit)
            .bind(offset)
            .fetch_all(&self.db)
            .await?;
        json.iter().map(|json| from_json(json)).collect()
    }

    /// How many there are.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_aside(key = "documents:<self.table>:count", ttl = "1h")]
    pub async fn count(&self) -> sqlx::Result<i64> {
        let query = format!("SELECT count(*) FROM {}", self.table);
        sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(&self.db)
            .await
    }

    /// Adds a document and returns its number.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_invalidate(key = "documents:<self.table>:count")]
    pub async fn insert(&self, document: &T) -> sqlx::Result<i64> {
        let query = format!(
            "INSERT INTO {} (document) VALUES (?) RETURNING id",
            self.table
        );
        sqlx::query_scalar(AssertSqlSafe(query))
            .bind(to_json(document)?)
            .fetch_one(&self.db)
            .await
    }

    /// Replaces a document. `false` if there is none of that number.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_invalidate(key = "document:<self.table>:<id>")]
    pub async fn replace(&self, id: i64, document: &T) -> sqlx::Result<bool> {
        let query = format!("UPDATE {} SET document = ? WHERE id = ?", self.table);
        let done = sqlx::query(AssertSqlSafe(query))
            .bind(to_json(document)?)
            .bind(id)
            .execute(&self.db)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes a document. `false` if there is none of that number.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_invalidate(keys("document:<self.table>:<id>", "documents:<self.table>:count"))]
    pub async fn delete(&self, id: i64) -> sqlx::Result<bool> {
        let query = format!("DELETE FROM {} WHERE id = ?", self.table);
        let done = sqlx::query(AssertSqlSafe(query))
            .bind(id)
            .execute(&self.db)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

fn from_json<T: Document>(json: &str) -> sqlx::Result<T> {
    serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn to_json<T: Document>(document: &T) -> sqlx::Result<String> {
    serde_json::to_string(document).map_err(|error| sqlx::Error::Encode(error.into()))
}
