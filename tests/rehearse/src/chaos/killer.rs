//! Kills processes at random moments, with SIGKILL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use local::{Role, Service};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::faulty_service::FaultyService;

/// Kills until it is stopped.
pub(super) struct Killer {
    stop: watch::Sender<bool>,
    kills: JoinHandle<Kills>,
}

/// How many processes of each function were killed.
pub(super) type Kills = BTreeMap<&'static str, u64>;

/// No order has this number.
const STREAM: u64 = u64::MAX;

impl Killer {
    pub(super) fn start(service: Arc<FaultyService>, seed: u64, every: Duration) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let kills = tokio::spawn(async move {
            let mut kills = Kills::new();
            tokio::select! {
                () = kill(&service.service, seed, every, &mut kills) => {}
                _ = stopped.changed() => {}
            }
            kills
        });
        Self { stop, kills }
    }

    pub(super) async fn stop(self) -> Kills {
        // An error means that it has ended by itself.
        let _ = self.stop.send(true);
        self.kills.await.unwrap_or_default()
    }
}

async fn kill(service: &Service, seed: u64, every: Duration, kills: &mut Kills) {
    if every.is_zero() {
        return;
    }
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    numbers.set_stream(STREAM);
    let longest_ms = u64::try_from(every.as_millis() * 2).unwrap_or(u64::MAX);
    loop {
        sleep(Duration::from_millis(numbers.next_u64() % longest_ms)).await;
        let role = match numbers.next_u64() % 10 {
            0..7 => Role::Worker,
            7..9 => Role::Submit,
            _ => Role::Status,
        };
        let pool = service.pool(role);
        let processes = pool.pids();
        let chosen = numbers.next_u64();
        let Some(count) = u64::try_from(processes.len())
            .ok()
            .filter(|count| *count > 0)
        else {
            continue;
        };
        let chosen = usize::try_from(chosen % count).unwrap_or_default();
        if pool.kill(processes[chosen].pid) {
            *kills.entry(role.name()).or_default() += 1;
        }
    }
}
