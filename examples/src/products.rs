//! The products of the shop.

use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, SqlitePool};

/// The number of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, CacheKey)]
#[serde(transparent)]
pub struct ProductId(pub i64);

/// A product with what its customers think of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Its number.
    pub id: ProductId,
    /// What it is called.
    pub name: String,
    /// What it costs.
    pub price_cents: i64,
    /// How many customers reviewed it.
    pub reviews: i64,
    /// The stars they gave on average, if any did.
    pub stars: Option<f64>,
}

/// A product that has no number yet.
#[derive(Debug, Clone, Deserialize)]
pub struct NewProduct {
    /// What it is called.
    pub name: String,
    /// What it costs.
    pub price_cents: i64,
}

/// The products of the shop.
#[derive(Debug, Clone)]
pub struct Products {
    db: SqlitePool,
}

impl Products {
    /// The products in this database.
    #[must_use]
    pub fn new(db: SqlitePool) -> Self {
        Self { db }
    }

    /// One product. That there is none is worth remembering too, for half a minute.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_aside(key = "product:<id>", ttl = "10m", none_ttl = "30s")]
    pub async fn find(&self, id: ProductId) -> sqlx::Result<Option<Product>> {
        sqlx::query_as(
            "SELECT product.id, name, price_cents, count(stars) AS reviews, avg(stars) AS stars
             FROM product LEFT JOIN review ON product_id = product.id
             WHERE product.id = ? GROUP BY product.id",
        )
        .bind(id.0)
        .fetch_optional(&self.db)
        .await
    }

    /// The products that customers like best.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_aside(key = "products:best", ttl = "1m")]
    pub async fn list(&self) -> sqlx::Result<Vec<Product>> {
        sqlx::query_as(
            "SELECT product.id, name, price_cents, count(stars) AS reviews, avg(stars) AS stars
             FROM product LEFT JOIN review ON product_id = product.id
             GROUP BY product.id ORDER BY stars DESC, product.id LIMIT 10",
        )
        .fetch_all(&self.db)
        .await
    }

    /// Changes name and price.
    ///
    /// # Errors
    /// `RowNotFound` if there is no such product, and what the database reports.
    #[cache_invalidate(keys("product:<product.id>", "products:best"))]
    pub async fn update(&self, product: &Product) -> sqlx::Result<()> {
        let updated = sqlx::query("UPDATE product SET name = ?, price_cents = ? WHERE id = ?")
            .bind(&product.name)
            .bind(product.price_cents)
            .bind(product.id.0)
            .execute(&self.db)
            .await?;
        if updated.rows_affected() == 0 {
            return Err(sqlx::Error::RowNotFound);
        }
        Ok(())
    }

    /// Adds a product and returns it with its number.
    ///
    /// # Errors
    /// What the database reports.
    #[cache_invalidate(keys("product:<ret.id>", "products:best"))]
    pub async fn create(&self, new: &NewProduct) -> sqlx::Result<Product> {
        sqlx::query_as(
            "INSERT INTO product (name, price_cents) VALUES (?, ?)
             RETURNING id, name, price_cents, 0 AS reviews, NULL AS stars",
        )
        .bind(&new.name)
        .bind(new.price_cents)
        .fetch_one(&self.db)
        .await
    }
}

// By hand, because sqlx' derive comes with its macros.
impl FromRow<'_, SqliteRow> for Product {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: ProductId(row.try_get("id")?),
            name: row.try_get("name")?,
            price_cents: row.try_get("price_cents")?,
            reviews: row.try_get("reviews")?,
            stars: row.try_get("stars")?,
        })
    }
}
