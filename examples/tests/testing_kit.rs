//! How a project tests its cached repositories: with a cache of the test's own, whose time and outages the test decides.

use std::time::Duration;

use cached_redis_examples::database::{Database, ScratchDir};
use cached_redis_examples::products::{NewProduct, Product, ProductId, Products};
use cached_redis_runtime::test_util::TestCache;

struct Shop {
    products: Products,
    cache: TestCache,
    database: Database,
    _dir: ScratchDir,
}

impl Shop {
    async fn open(name: &str) -> Self {
        let dir = ScratchDir::new(name).expect("room for a database");
        let url = format!("sqlite://{}?mode=rwc", dir.path().join("shop.db").display());
        let database = Database::open(&url).await.expect("a new database");
        Self {
            products: Products::new(database.pool.clone()),
            cache: TestCache::new(),
            database,
            _dir: dir,
        }
    }

    async fn lamp(&self) -> Product {
        let found = self.cache.scope(self.products.find(ProductId(7))).await;
        found
            .expect("the database answers")
            .expect("product 7 is a lamp")
    }
}

#[tokio::test]
async fn a_product_is_read_from_the_database_once() {
    let Shop {
        products,
        cache,
        database,
        _dir,
    } = Shop::open("testing-once").await;
    cache
        .expect_miss(products.find(ProductId(7)))
        .await
        .unwrap();
    let queries = database.queries().count();
    cache.expect_hit(products.find(ProductId(7))).await.unwrap();
    cache
        .expect_miss(products.find(ProductId(8)))
        .await
        .unwrap();
    assert_eq!(database.queries().count(), queries + 1);
}

/// One line for each pair of a write and a read that belong together.
#[tokio::test]
async fn each_write_is_seen_by_each_read() {
    let shop = Shop::open("testing-writes").await;
    let Shop {
        products, cache, ..
    } = &shop;
    let mut lamp = shop.lamp().await;
    lamp.price_cents = 1;
    let updated = cache.expect_invalidates(products.update(&lamp), || products.find(lamp.id));
    updated.await.unwrap();
    let updated = cache.expect_invalidates(products.update(&lamp), || products.list());
    updated.await.unwrap();
    assert_eq!(shop.lamp().await.price_cents, 1);

    // That there is no product 1001 is in the cache, until there is one.
    let new = NewProduct {
        name: "Lamp no. 1001".to_owned(),
        price_cents: 4950,
    };
    let create = products.create(&new);
    let created = cache.expect_invalidates(create, || products.find(ProductId(1001)));
    assert_eq!(created.await.unwrap().id, ProductId(1001));
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_again_after_half_a_minute() {
    let Shop {
        products,
        cache,
        database: _database,
        _dir,
    } = Shop::open("testing-time").await;
    let find = || products.find(ProductId(5000));
    cache.expect_miss(find()).await.unwrap();
    cache.expect_hit(find()).await.unwrap();
    cache.advance(Duration::from_secs(30));
    cache.expect_miss(find()).await.unwrap();
}

#[tokio::test]
async fn the_shop_stays_open_without_redis() {
    let shop = Shop::open("testing-outage").await;
    shop.lamp().await;
    let outage = shop.cache.outage();
    let queries = shop.database.queries().count();
    shop.lamp().await;
    assert_eq!(shop.database.queries().count(), queries + 1);
    drop(outage);
    let find = shop.products.find(ProductId(7));
    shop.cache.expect_hit(find).await.unwrap();
}
