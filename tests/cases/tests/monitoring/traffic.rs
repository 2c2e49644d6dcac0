//! Customers, for a picture.

use std::time::Duration;

use cached_redis_runtime::{cache_aside, cache_invalidate};
use cached_redis_tests::pause;

use crate::service::Service;

#[cache_aside(key = "cart:<customer>", ttl = "30m")]
async fn cart(customer: u64) -> Vec<u64> {
    pause(Duration::from_millis(2 + customer % 4)).await;
    (0..customer % 9).collect()
}

#[cache_invalidate(key = "cart:<customer>")]
async fn put_in_cart(customer: u64) {
    pause(Duration::from_millis(1)).await;
    let _ = customer;
}

#[cache_aside(key = "session:<id>", ttl = "15m", sliding)]
async fn session(id: u64) -> String {
    pause(Duration::from_millis(1)).await;
    format!("session {id}")
}

#[cache_aside(key = "rates:<currency>", ttl = "10s", stale = "1m")]
async fn rates(currency: u64) -> f64 {
    pause(Duration::from_millis(25)).await;
    1.0 / f64::from(u32::try_from(currency).unwrap_or(1) + 1)
}

/// Numbers that look like chance and are the same each time.
struct Dice(u64);

impl Dice {
    /// The small ones more often.
    fn often_small(&mut self, end: u64) -> u64 {
        let end = 1 + self.below(end);
        self.below(end)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

pub(crate) async fn customers(service: &Service) {
    let mut dice = Dice(7);
    for second in 0..58_u64 {
        if second == 34 {
            service.server.kill();
        }
        if second == 36 {
            service.server.restart();
        }
        let customers = async {
            for _ in 0..16 + dice.below(12) {
                // The good ones come again and again.
                let product = 1 + dice.often_small(1000);
                service.get(&format!("/products/{product}")).await;
                let customer = dice.often_small(300);
                session(customer).await;
                cart(customer).await;
                rates(dice.below(4)).await;
                if dice.below(12) == 0 {
                    put_in_cart(customer).await;
                }
                if dice.below(40) == 0 {
                    let lamp = format!(r#"{{"name": "Lamp no. {product}", "price_cents": 995}}"#);
                    service
                        .ask("PUT", &format!("/products/{product}"), &lamp)
                        .await;
                    service.get("/products").await;
                }
            }
        };
        service.cache.scope(customers).await;
        pause(Duration::from_millis(400)).await;
    }
}
