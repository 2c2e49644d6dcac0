//! The main job in one minute: repository functions over a real database become cached.
//!
//! ```text
//! cargo run --example quickstart
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example quickstart
//! ```
//!
//! Without `REDIS_URL` the cache is in this process. With it the cache is on that server, and a second process
//! takes part. The repository is `examples/src/products.rs`; the database counts its queries, and if they
//! contradict the story the program fails.

use std::error::Error;
use std::hash::{BuildHasher as _, RandomState};
use std::process::{Command, ExitCode};

use cached_redis_examples::account::Account;
use cached_redis_examples::database::{Database, ScratchDir};
use cached_redis_examples::products::{NewProduct, Product, ProductId, Products};
use cached_redis_runtime::Served::{self, Hit, Miss};
use cached_redis_runtime::{Cache, inspect};
use tokio::task::JoinSet;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Set for the second process: the database and the namespace of the first one.
const SECOND_DATABASE: &str = "QUICKSTART_DATABASE";
const SECOND_NAMESPACE: &str = "QUICKSTART_NAMESPACE";

#[tokio::main]
async fn main() -> ExitCode {
    match story().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

async fn story() -> Outcome {
    let redis = std::env::var("REDIS_URL").ok();
    let first = (
        std::env::var(SECOND_DATABASE),
        std::env::var(SECOND_NAMESPACE),
    );
    if let (Ok(database), Ok(namespace)) = first {
        return second_process(redis.as_deref(), &database, &namespace).await;
    }

    let dir = ScratchDir::new("cached-redis-quickstart")?;
    let url = format!("sqlite://{}?mode=rwc", dir.path().join("shop.db").display());
    let shop = Database::open(&url).await?;
    // Entries of an earlier run on the same server must not make this one look fast.
    let namespace = format!(
        "quickstart-{:08x}",
        RandomState::new().hash_one("run") >> 32
    );
    connect(redis.as_deref(), &namespace).await?;
    let place = if redis.is_some() {
        "the server at REDIS_URL"
    } else {
        "memory://, or a server if REDIS_URL names one"
    };
    println!("database  SQLite, 1,000 products with 100,000 reviews\ncache     {place}");

    let mut story = Story::over(&shop, "");
    story.one_call().await?;
    story.an_update().await?;
    story.not_found().await?;
    story.a_stampede().await?;
    if redis.is_some() {
        story.two_processes(&url, &namespace).await?;
    }
    shop.pool.close().await;
    story.account.close()?;
    println!("\nEvery line was as it had to be. The repository: examples/src/products.rs");
    Ok(())
}

/// Connects, and installs the cache for the whole process: this is all that `main` has to do.
async fn connect(redis: Option<&str>, namespace: &str) -> Outcome {
    let cache = Cache::builder(redis.unwrap_or("memory://"))
        .namespace(namespace)
        .connect()
        .await?;
    // A service starts without its cache, too; a demonstration of the cache needs it.
    cache.ping().await.map_err(|error| {
        format!("REDIS_URL names a server that does not answer ({error}): start it, or leave REDIS_URL out")
    })?;
    cache.install()?;
    Ok(())
}

/// Its own connections and its own count of queries: it hits what the first process stored, and changes it.
async fn second_process(redis: Option<&str>, database: &str, namespace: &str) -> Outcome {
    let shop = Database::open(database).await?;
    connect(redis, namespace).await?;
    let mut story = Story::over(&shop, "second process: ");
    let lamp = story.find_existing(3, Hit).await?;
    story.set_price(lamp, 1).await?;
    shop.pool.close().await;
    Ok(story.account.close()?)
}

struct Story {
    account: Account,
    products: Products,
}

impl Story {
    fn over(shop: &Database, prefix: &'static str) -> Self {
        let account = Account::new(shop.queries(), prefix);
        Self {
            account,
            products: Products::new(shop.pool.clone()),
        }
    }

    async fn one_call(&mut self) -> Outcome {
        self.account.chapter("A function becomes fast");
        self.find(1, Miss).await?;
        self.find(1, Hit).await?;
        self.account
            .read("list()", Miss, self.products.list())
            .await?;
        self.account
            .read("list()", Hit, self.products.list())
            .await?;
        Ok(())
    }

    async fn an_update(&mut self) -> Outcome {
        self.account.chapter("The next read sees an update");
        let lamp = self.find_existing(1, Hit).await?;
        self.set_price(lamp, 4711).await?;
        let lamp = self.find_existing(1, Miss).await?;
        self.account
            .expect("find(1)", "price", 4711, lamp.price_cents);
        self.find(1, Hit).await?;
        Ok(())
    }

    async fn not_found(&mut self) -> Outcome {
        self.account
            .chapter("\"Not found\" is cached too, until it is found");
        self.find(1001, Miss).await?;
        self.find(1001, Hit).await?;
        let lamp = NewProduct {
            name: "Lamp no. 1001".to_owned(),
            price_cents: 4950,
        };
        let created = self
            .account
            .write("create(…)", self.products.create(&lamp))
            .await?;
        self.account.expect("create", "number", 1001, created.id.0);
        let found = self.find_existing(1001, Miss).await?;
        self.account
            .expect("find(1001)", "name", lamp.name, found.name);
        Ok(())
    }

    async fn a_stampede(&mut self) -> Outcome {
        self.account.chapter("A thousand callers, one query");
        let everybody = async {
            let mut callers = JoinSet::new();
            for _ in 0..1000 {
                let products = self.products.clone();
                callers.spawn(async move { inspect(products.find(ProductId(2))).await });
            }
            callers.join_all().await
        };
        let answers = self
            .account
            .crowd("find(2) by 1,000 callers", everybody)
            .await;
        let found = answers.iter().flatten().flatten().count();
        self.account.expect("find(2)", "answers", 1000, found);
        Ok(())
    }

    async fn two_processes(&mut self, database: &str, namespace: &str) -> Outcome {
        self.account.chapter("Two processes share what they know");
        self.find(3, Miss).await?;
        let second = Command::new(std::env::current_exe()?)
            .env(SECOND_DATABASE, database)
            .env(SECOND_NAMESPACE, namespace)
            .status()?;
        self.account
            .expect("second process", "succeeded:", true, second.success());
        let lamp = self.find_existing(3, Miss).await?;
        self.account.expect("find(3)", "price", 1, lamp.price_cents);
        Ok(())
    }

    async fn find(&mut self, id: i64, expected: Served) -> sqlx::Result<Option<Product>> {
        let call = self.products.find(ProductId(id));
        self.account
            .read(&format!("find({id})"), expected, call)
            .await
    }

    async fn find_existing(&mut self, id: i64, expected: Served) -> Outcome<Product> {
        let found = self.find(id, expected).await?;
        found.ok_or_else(|| format!("product {id} is gone").into())
    }

    async fn set_price(&mut self, mut product: Product, cents: i64) -> sqlx::Result<()> {
        product.price_cents = cents;
        let what = format!("update({})", product.id.0);
        self.account
            .write(&what, self.products.update(&product))
            .await
    }
}
