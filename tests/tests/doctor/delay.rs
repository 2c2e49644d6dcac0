//! A way to a server that takes its time.

use std::time::Duration;

use cached_redis_runtime::Cache;
use cached_redis_runtime::doctor::Severity;
use cached_redis_tests::{Server, pause};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{good, only};

/// Where the server is so far away.
async fn far_away(server: &Server, by: Duration) -> String {
    let to = server.port().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            drop(tokio::spawn(async move {
                let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::select! {
                    _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
                    () = late(&mut from_server, &mut to_client, by) => {}
                }
            }));
        }
    }));
    format!("redis://127.0.0.1:{port}")
}

async fn late(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    by: Duration,
) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        pause(by).await;
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_far_away() {
    let server = good();
    let url = far_away(&server, Duration::from_millis(60)).await;
    let builder = Cache::builder(url).deadline(Duration::from_millis(230));
    let cache = builder.connect().await.unwrap();
    let report = cache.doctor().await;
    let finding = only(&report, "slow", Severity::Warning);
    assert!(finding.sentence.contains("within 230 ms"), "{report}");
    let latency = report.nodes[0].latency.unwrap();
    assert!(latency.median >= Duration::from_millis(60), "{latency:?}");
    assert!(latency.count < 32, "it takes a second at most: {latency:?}");
}
