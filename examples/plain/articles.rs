//! The articles of many tenants, behind a trait that handlers take as `Arc<dyn Articles>`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqlitePool};

/// Whose articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantId(pub i64);

/// An article as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name in URLs, one of its kind per tenant.
    pub slug: String,
    /// What stands above it.
    pub title: String,
    /// What stands in it.
    pub body: String,
}

/// Why a call did not do what it was asked to.
#[derive(Debug)]
pub enum ArticleError {
    /// The tenant has no article of that name.
    NotFound,
    /// The database failed.
    Database(sqlx::Error),
}

impl fmt::Display for ArticleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such article"),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ArticleError {}

impl From<sqlx::Error> for ArticleError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// What every call here returns.
pub type ArticleResult<T = ()> = Result<T, ArticleError>;

/// What a handler asks for.
#[async_trait]
pub trait Articles: Send + Sync {
    /// One article, or `None`.
    async fn find(&self, tenant: TenantId, slug: &str) -> ArticleResult<Option<Arc<Article>>>;

    /// The titles of the ten newest articles.
    async fn latest(&self, tenant: TenantId) -> ArticleResult<Vec<String>>;

    /// Adds an article.
    async fn publish(&self, article: Article) -> ArticleResult<Arc<Article>>;

    /// Gives an article another title.
    async fn retitle(&self, tenant: TenantId, slug: &str, title: String) -> ArticleResult;

    /// Removes an article and returns it.
    async fn withdraw(&self, tenant: TenantId, slug: String) -> ArticleResult<Article>;
}

/// The articles in a database.
#[derive(Debug, Clone)]
pub struct SqlArticles {
    db: SqlitePool,
}

impl SqlArticles {
    /// The articles in this database, which gets its table if it has none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn new(db: SqlitePool) -> ArticleResult<Self> {
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS article (
                id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, slug TEXT NOT NULL,
                title TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (tenant, slug)
             )",
        )
        .execute(&db)
        .await?;
        Ok(Self { db })
    }
}

#[async_trait]
impl Articles for SqlArticles {
    async fn find(&self, tenant: TenantId, slug: &str) -> ArticleResult<Option<Arc<Article>>> {
        let article = sqlx::query_as("SELECT * FROM article WHERE tenant = ? AND slug = ?")
            .bind(tenant.0)
            .bind(slug)
            .fetch_optional(&self.db)
            .await?;
        Ok(article.map(Arc::new))
    }

    async fn latest(&self, tenant: TenantId) -> ArticleResult<Vec<String>> {
        let titles = sqlx::query_scalar(
            "SELECT title FROM article WHERE tenant = ? ORDER BY id DESC LIMIT 10",
        )
        .bind(tenant.0)
        .fetch_all(&self.db)
        .await?;
        Ok(titles)
    }

    async fn publish(&self, article: Article) -> ArticleResult<Arc<Article>> {
        sqlx::query("INSERT INTO article (tenant, slug, title, body) VALUES (?, ?, ?, ?)")
            .bind(article.tenant.0)
            .bind(&article.slug)
            .bind(&article.title)
            .bind(&article.body)
            .execute(&self.db)
            .await?;
        Ok(Arc::new(article))
    }

    async fn retitle(&self, tenant: TenantId, slug: &str, title: String) -> ArticleResult {
        let done = sqlx::query("UPDATE article SET title = ? WHERE tenant = ? AND slug = ?")
            .bind(title)
            .bind(tenant.0)
            .bind(slug)
            .execute(&self.db)
            .await?;
        if done.rows_affected() == 0 {
            return Err(ArticleError::NotFound);
        }
        Ok(())
    }

    async fn withdraw(&self, tenant: TenantId, slug: String) -> ArticleResult<Article> {
        sqlx::query_as("DELETE FROM article WHERE tenant = ? AND slug = ? RETURNING *")
            .bind(tenant.0)
            .bind(slug)
            .fetch_optional(&self.db)
            .await?
            .ok_or(ArticleError::NotFound)
    }
}

impl FromRow<'_, SqliteRow> for Article {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            tenant: TenantId(row.try_get("tenant")?),
            slug: row.try_get("slug")?,
            title: row.try_get("title")?,
            body: row.try_get("body")?,
        })
    }
}
