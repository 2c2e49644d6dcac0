//! Each repository: the second call is a hit, and a write is seen by the next one.

use std::sync::Arc;

use cached_redis_examples::articles::{Article, ArticleError, Articles, SqlArticles, TenantId};
use cached_redis_examples::database::{Database, Queries};
use cached_redis_examples::documents::{Document, Documents};
use cached_redis_examples::products::{NewProduct, ProductId, Products};
use cached_redis_runtime::Served::{self, Hit, Miss};
use cached_redis_runtime::{Cache, inspect};
use serde::{Deserialize, Serialize};

/// A shop of its own, and a cache of its own for the whole test.
async fn with_database<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    // One connection keeps a database in memory alive, and alone.
    let database = Database::open("sqlite::memory:")
        .await
        .expect("a database in memory");
    let cache = Cache::connect("memory://")
        .await
        .expect("a store in memory");
    cache.scope(test(database)).await;
}

/// Runs a call that is to be served like this, a hit without a query and everything else with one.
async fn served<T>(queries: &Queries, expected: Served, call: impl Future<Output = T>) -> T {
    let before = queries.count();
    let (value, how) = inspect(call).await;
    assert_eq!(how, expected);
    assert_eq!(queries.count() - before, u64::from(expected != Hit));
    value
}

#[tokio::test]
async fn products() {
    with_database(async |database| {
        let queries = &database.queries();
        let products = Products::new(database.pool);
        let lamp = served(queries, Miss, products.find(ProductId(7)))
            .await
            .unwrap()
            .unwrap();
        let again = served(queries, Hit, products.find(ProductId(7)))
            .await
            .unwrap();
        assert_eq!(again.as_ref(), Some(&lamp));
        served(queries, Miss, products.list()).await.unwrap();

        let mut cheaper = lamp.clone();
        cheaper.price_cents = 1;
        products.update(&cheaper).await.unwrap();
        let now = served(queries, Miss, products.find(ProductId(7)))
            .await
            .unwrap();
        assert_eq!(now, Some(cheaper));
        served(queries, Miss, products.list()).await.unwrap();
        served(queries, Hit, products.list()).await.unwrap();

        // "Not found" is remembered, and forgotten when the product appears.
        let next = ProductId(1001);
        assert_eq!(
            served(queries, Miss, products.find(next)).await.unwrap(),
            None
        );
        assert_eq!(
            served(queries, Hit, products.find(next)).await.unwrap(),
            None
        );
        let new = NewProduct {
            name: "Lamp no. 1001".to_owned(),
            price_cents: 4950,
        };
        assert_eq!(products.create(&new).await.unwrap().id, next);
        assert!(
            served(queries, Miss, products.find(next))
                .await
                .unwrap()
                .is_some()
        );
    })
    .await;
}

const OURS: TenantId = TenantId(1);
const THEIRS: TenantId = TenantId(2);

/// An article of that name for each of the two.
async fn published(database: Database) -> Arc<dyn Articles> {
    let articles = SqlArticles::new(database.pool).await.expect("a table");
    for tenant in [OURS, THEIRS] {
        articles.publish(hello(tenant)).await.expect("an article");
    }
    Arc::new(articles)
}

fn hello(tenant: TenantId) -> Article {
    Article {
        tenant,
        slug: "hello".to_owned(),
        title: format!("Hello from {}", tenant.0),
        body: String::new(),
    }
}

#[tokio::test]
async fn articles_of_two_tenants_behind_a_trait_object() {
    with_database(async |database| {
        let queries = &database.queries();
        let articles = published(database).await;
        for how in [Miss, Hit] {
            for tenant in [OURS, THEIRS] {
                let found = served(queries, how, articles.find(tenant, "hello"))
                    .await
                    .unwrap();
                assert_eq!(found.as_deref(), Some(&hello(tenant)));
                let none = served(queries, how, articles.find(tenant, "other"))
                    .await
                    .unwrap();
                assert_eq!(none, None);
                let titles = served(queries, how, articles.latest(tenant)).await.unwrap();
                assert_eq!(titles, [hello(tenant).title]);
            }
        }
        // "Not found" is forgotten when the article appears.
        let mut other = hello(OURS);
        other.slug = "other".to_owned();
        articles.publish(other.clone()).await.unwrap();
        let found = served(queries, Miss, articles.find(OURS, "other"))
            .await
            .unwrap();
        assert_eq!(found.as_deref(), Some(&other));
        served(queries, Hit, articles.find(THEIRS, "other"))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_changed_article() {
    with_database(async |database| {
        let queries = &database.queries();
        let articles = published(database).await;
        for tenant in [OURS, THEIRS] {
            served(queries, Miss, articles.find(tenant, "hello"))
                .await
                .unwrap();
            served(queries, Miss, articles.latest(tenant))
                .await
                .unwrap();
        }
        articles
            .retitle(OURS, "hello", "Bye".to_owned())
            .await
            .unwrap();
        let found = served(queries, Miss, articles.find(OURS, "hello"))
            .await
            .unwrap();
        assert_eq!(found.unwrap().title, "Bye");
        let titles = served(queries, Miss, articles.latest(OURS)).await.unwrap();
        assert_eq!(titles, ["Bye"]);
        served(queries, Hit, articles.find(THEIRS, "hello"))
            .await
            .unwrap();

        // An error passes unchanged and clears nothing.
        let error = articles
            .withdraw(OURS, "other".to_owned())
            .await
            .unwrap_err();
        assert!(matches!(error, ArticleError::NotFound));
        served(queries, Hit, articles.latest(OURS)).await.unwrap();
        articles.withdraw(OURS, "hello".to_owned()).await.unwrap();
        assert_eq!(
            served(queries, Miss, articles.find(OURS, "hello"))
                .await
                .unwrap(),
            None
        );
        assert!(
            served(queries, Miss, articles.latest(OURS))
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Author {
    name: String,
}

impl Document for Author {
    const TABLE: &'static str = "author";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Country {
    code: String,
    name: String,
}

impl Document for Country {
    const TABLE: &'static str = "country";
}

#[tokio::test]
async fn documents_of_two_kinds() {
    with_database(async |database| {
        let queries = &database.queries();
        let authors = Documents::<Author>::new(database.pool.clone())
            .await
            .unwrap();
        let countries = Documents::<Country>::new(database.pool).await.unwrap();
        let ada = Author {
            name: "Ada".to_owned(),
        };
        let chile = Country {
            code: "CL".to_owned(),
            name: "Chile".to_owned(),
        };
        assert_eq!(served(queries, Miss, authors.count()).await.unwrap(), 0);
        assert_eq!(authors.insert(&ada).await.unwrap(), 1);
        assert_eq!(countries.insert(&chile).await.unwrap(), 1);
        assert_eq!(served(queries, Miss, authors.count()).await.unwrap(), 1);

        // One number, two kinds.
        for how in [Miss, Hit] {
            let found = served(queries, how, authors.find(1)).await.unwrap();
            assert_eq!(found.as_deref(), Some(&ada));
            let found = served(queries, how, countries.find(1)).await.unwrap();
            assert_eq!(found.as_deref(), Some(&chile));
            let page = served(queries, how, countries.page(0, 10)).await.unwrap();
            assert_eq!(page, std::slice::from_ref(&chile));
        }

        let grace = Author {
            name: "Grace".to_owned(),
        };
        assert!(authors.replace(1, &grace).await.unwrap());
        let found = served(queries, Miss, authors.find(1)).await.unwrap();
        assert_eq!(found.as_deref(), Some(&grace));
        served(queries, Hit, countries.find(1)).await.unwrap();
        served(queries, Hit, authors.count()).await.unwrap();

        assert!(authors.delete(1).await.unwrap());
        assert_eq!(served(queries, Miss, authors.find(1)).await.unwrap(), None);
        assert_eq!(served(queries, Miss, authors.count()).await.unwrap(), 0);
    })
    .await;
}
