//! What each operation asks of the server, by the server's own count.

use std::collections::BTreeMap;

use cached_redis_tests::Server;

use crate::contenders::{Contender, Contenders};

const OPERATIONS: u64 = 100;

/// Prints the server's commands per hit, miss and invalidation. What a script calls is counted like what a client
/// sends: the fill is one `EVALSHA` with a `GETRANGE` and a `SET` inside.
pub(crate) async fn table(server: &Server, contenders: &Contenders) {
    println!("{:<14} {:<38} {:<38}", "commands per", "by hand", "ours");
    let mut rows = BTreeMap::from([("1 miss", Vec::new()), ("2 hit", Vec::new())]);
    rows.insert("3 invalidation", Vec::new());
    for contender in [Contender::ByHand, Contender::Ours] {
        for (operation, cells) in &mut rows {
            server.reset_commandstats();
            for id in 0..OPERATIONS {
                if operation.starts_with('3') {
                    contenders.update(contender, id).await;
                } else {
                    contenders.find(contender, id).await;
                }
            }
            cells.push(per_operation(&server.data_commands()));
        }
    }
    for (operation, cells) in rows {
        println!("{:<14} {:<38} {:<38}", &operation[2..], cells[0], cells[1]);
    }
}

fn per_operation(commands: &BTreeMap<String, u64>) -> String {
    let each = |(name, count): (&String, &u64)| match (count / OPERATIONS, count % OPERATIONS) {
        (whole, 0) => format!("{whole} {name}"),
        _ => format!("{count}/{OPERATIONS} {name}"),
    };
    commands.iter().map(each).collect::<Vec<_>>().join(", ")
}
