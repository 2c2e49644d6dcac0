//! One loader, configured once, for two services that know no more than a product's number.
//!
//! ```text
//! cargo run --example read_through
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example read_through
//! ```
//!
//! The database counts its queries, and if they contradict the story the program fails.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use cached_redis_examples::database::{Database, Queries, ScratchDir};
use cached_redis_examples::products::{Product, ProductId};
use cached_redis_runtime::{Cache, ReadThrough, cache_invalidate, inspect, key_family};
use sqlx::SqlitePool;

key_family! {
    /// One product by its number.
    ProductById(id: ProductId) -> Product = "shop:product:<id>";
}

/// What both services are given.
type Products = ReadThrough<ProductById<'static>, sqlx::Result<Option<Product>>>;

/// Everything about loading a product is here, and nowhere else.
fn products(cache: &Cache, db: &SqlitePool) -> Products {
    let (one, many) = (db.clone(), db.clone());
    cache
        .read_through(ProductById, Duration::from_mins(10), move |id| {
            find(one.clone(), id)
        })
        .many(move |ids| find_many(many.clone(), ids))
        .none_ttl(Duration::from_secs(30))
}

async fn find(db: SqlitePool, id: ProductId) -> sqlx::Result<Option<Product>> {
    let found = find_many(db, vec![id]).await?;
    Ok(found.into_values().next())
}

async fn find_many(
    db: SqlitePool,
    ids: Vec<ProductId>,
) -> sqlx::Result<HashMap<ProductId, Product>> {
    let ids = serde_json::to_string(&ids).map_err(sqlx::Error::decode)?;
    let products: Vec<Product> = sqlx::query_as(
        "SELECT product.id, name, price_cents, count(stars) AS reviews, avg(stars) AS stars
         FROM product LEFT JOIN review ON product_id = product.id
         WHERE product.id IN (SELECT value FROM json_each(?)) GROUP BY product.id",
    )
    .bind(ids)
    .fetch_all(&db)
    .await?;
    Ok(products.into_iter().map(|it| (it.id, it)).collect())
}

/// The pages of the shop.
struct Pages {
    products: Products,
}

impl Pages {
    async fn title(&self, id: ProductId) -> sqlx::Result<String> {
        let product = self.products.get(&id).await?;
        Ok(product.map_or_else(|| "not found".to_owned(), |it| it.name))
    }
}

/// What customers have chosen.
struct Carts {
    products: Products,
}

impl Carts {
    async fn total_cents(&self, ids: &[ProductId]) -> sqlx::Result<i64> {
        let products = self.products.get_many(ids).await?;
        Ok(products.values().map(|it| it.price_cents).sum())
    }
}

/// A write needs the family's name and nothing of the loader.
#[cache_invalidate(key = ProductById(id))]
async fn set_price(db: &SqlitePool, id: ProductId, cents: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE product SET price_cents = ? WHERE id = ?")
        .bind(cents)
        .bind(id.0)
        .execute(db)
        .await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = ScratchDir::new("cached-redis-read-through")?;
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("shop.db").display());
    let shop = Database::open(&url).await?;
    let redis = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory://".to_owned());
    // Entries of an earlier run on the same server must not make this one look fast.
    let namespace = format!("read-through-{}", std::process::id());
    let cache = Cache::builder(redis).namespace(namespace).connect().await?;
    cache.install()?;

    let products = products(&cache, &shop.pool);
    let pages = Pages {
        products: products.clone(),
    };
    let carts = Carts { products };
    let mut account = Account::new(shop.queries());

    let title = pages.title(ProductId(7)).await?;
    account.line(&format!("the page of product 7: {title}"), 1)?;
    let ids = [ProductId(7), ProductId(8), ProductId(9)];
    let total = carts.total_cents(&ids).await?;
    account.line(&format!("a cart with 7, 8 and 9: {total}"), 1)?;
    let total = carts.total_cents(&ids).await?;
    account.line(&format!("the same cart again: {total}"), 0)?;
    set_price(&shop.pool, ProductId(8), 1).await?;
    account.line("product 8 is cheap now", 1)?;
    let total = carts.total_cents(&ids).await?;
    account.line(&format!("the cart: {total}"), 1)?;
    let (title, served) = inspect(pages.title(ProductId(8))).await;
    account.line(&format!("the page of product 8, {served}: {}", title?), 0)?;
    Ok(())
}

/// Compares the story with the database.
struct Account {
    queries: Queries,
    before: u64,
}

impl Account {
    fn new(queries: Queries) -> Self {
        let before = queries.count();
        Self { queries, before }
    }

    fn line(&mut self, what: &str, expected: u64) -> Result<(), String> {
        let queries = self.queries.count() - self.before;
        self.before += queries;
        println!("{queries} queries  {what}");
        if queries == expected {
            Ok(())
        } else {
            Err(format!("{expected} queries were expected"))
        }
    }
}
