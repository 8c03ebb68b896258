//! A front before a DynamoDB that loses answers and holds writes back: what networks do, when a check wants it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What becomes of a write.
enum Act {
    /// It takes effect; its sender never hears of it.
    LoseAnswer,
    /// It waits here: says so, and goes on when it is told to.
    Hold {
        arrived: oneshot::Sender<()>,
        released: oneshot::Receiver<()>,
    },
}

/// A front on a port of its own, served until the test's runtime ends.
pub(super) struct Front {
    pub(super) endpoint: String,
    acts: Arc<Mutex<VecDeque<Act>>>,
}

/// A write that is held back.
pub(super) struct Held {
    arrived: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl Held {
    /// Returns once the write is on its way, and so is whatever its sender read before.
    pub(super) async fn arrived(&mut self) {
        (&mut self.arrived).await.expect("the front is gone");
    }

    pub(super) fn release(self) {
        // An error means that its sender gave up.
        let _ = self.release.send(());
    }
}

impl Front {
    pub(super) async fn of(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acts = Arc::new(Mutex::new(VecDeque::new()));
        let back = endpoint
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        tokio::spawn(serve(listener, back, acts.clone()));
        Self {
            endpoint: format!("http://{address}"),
            acts,
        }
    }

    /// The next write takes effect, and its answer is lost.
    pub(super) fn lose_next_answer(&self) {
        self.acts.lock().unwrap().push_back(Act::LoseAnswer);
    }

    /// The next write waits until it is released.
    pub(super) fn hold_next_write(&self) -> Held {
        let (arriving, arrived) = oneshot::channel();
        let (release, released) = oneshot::channel();
        let act = Act::Hold {
            arrived: arriving,
            released,
        };
        self.acts.lock().unwrap().push_back(act);
        Held { arrived, release }
    }

    /// Whether every act has been played.
    pub(super) fn is_done(&self) -> bool {
        self.acts.lock().unwrap().is_empty()
    }
}

async fn serve(listener: TcpListener, back: String, acts: Arc<Mutex<VecDeque<Act>>>) {
    while let Ok((client, _)) = listener.accept().await {
        let (back, acts) = (back.clone(), acts.clone());
        tokio::spawn(async move {
            let server = TcpStream::connect(back).await.unwrap();
            relay(client, server, &acts).await;
        });
    }
}

/// Bytes both ways, until either side ends or an answer is lost. A client waits for an answer before it sends its next request
/// on a connection, so a chunk with a request's head in it begins that request.
async fn relay(client: TcpStream, server: TcpStream, acts: &Mutex<VecDeque<Act>>) {
    let (mut server, mut client) = (server.into_split(), client.into_split());
    let is_losing = AtomicBool::new(false);
    let there = async {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = client.0.read(&mut chunk).await {
            let act = is_write(&chunk[..count]).then(|| acts.lock().unwrap().pop_front());
            match act.flatten() {
                None => {}
                Some(Act::LoseAnswer) => is_losing.store(true, Ordering::SeqCst),
                Some(Act::Hold { arrived, released }) => {
                    // An error means that the check has ended.
                    let _ = arrived.send(());
                    let _ = released.await;
                }
            }
            if server.1.write_all(&chunk[..count]).await.is_err() {
                break;
            }
        }
    };
    let back = async {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = server.0.read(&mut chunk).await {
            // There is an answer, so the write has taken effect; that is all that anybody gets to know here.
            if is_losing.load(Ordering::SeqCst)
                || client.1.write_all(&chunk[..count]).await.is_err()
            {
                break;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

fn is_write(chunk: &[u8]) -> bool {
    let text = String::from_utf8_lossy(chunk);
    ["PutItem", "UpdateItem", "DeleteItem"]
        .iter()
        .any(|operation| text.contains(&format!("DynamoDB_20120810.{operation}")))
}
