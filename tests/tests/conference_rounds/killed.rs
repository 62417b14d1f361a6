//! Nodes that are stopped and opened again at any point of a round.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// The round comes to the same end, and nobody says anything twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_converges_whoever_is_stopped() {
    let seed = std::env::var("HEFU_SEED").map_or_else(|_| fresh(), |seed| seed.parse().unwrap());
    println!("HEFU_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut table = Table::laid(Laid {
        settings: ConferenceConfig {
            freeze: ByWhom::Automatic,
            ..settings()
        },
        ..three()
    })
    .await;
    let automatic = ConferenceConfig {
        freeze: ByWhom::Automatic,
        ..settings()
    };
    let round = table.announce(300, 300);
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(random.random_range(0..1500))).await;
        let member = random.random_range(0..4);
        if member < 3 {
            table.reopen(member, automatic.clone()).await;
        } else {
            let Table { office, .. } = table;
            table = Table {
                office: office.reopen(settings()).await,
                ..table
            };
            table.introduce();
        }
    }
    table.everywhere(round, "all report", all_reported).await;
    let lists = three().lists;
    for (at, leg, other) in [
        (0, table.leg_of(0, 0), 1),
        (1, table.leg_of(0, 1), 0),
        (0, table.leg_of(1, 0), 2),
    ] {
        assert!(is_done(&table.round(&table.office, round).unwrap(), leg));
        let expected = both(&lists[at].1, &lists[other].1);
        assert_eq!(table.found(&table.members[at], round, leg), Some(expected));
    }
    table.one_board(round).await;
    // What is said twice is refused on the record.
    let office = &table.office.bureau.node;
    let refused = office.with_conference(&table.id, |state| state.rejected().count());
    assert_eq!(refused.unwrap(), 0);
}

fn fresh() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_nanos() as u64
}
