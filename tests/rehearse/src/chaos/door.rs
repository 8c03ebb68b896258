//! Another entrance to the service, whose jobs have a shorter deadline: as if a deployment changed the deadline while the service
//! runs.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use local::{Gateway, Pool, Role, Service};

/// The open entrance. Dropping it closes it.
pub(super) struct Door {
    pub(super) url: String,
    submit: Pool,
    _gateway: JoinSet<()>,
}

impl Door {
    pub(super) async fn open(service: &Service, deadline: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seconds = deadline.as_secs().to_string();
        let changed = BTreeMap::from([("DEADLINE_SECONDS".to_owned(), seconds)]);
        let submit = service.pool(Role::Submit).with_environment(changed);
        let gateway = Gateway::new(submit.clone(), service.pool(Role::Status).clone());
        let mut serving = JoinSet::new();
        serving.spawn(gateway.serve(listener, std::future::pending()));
        Ok(Self {
            url,
            submit,
            _gateway: serving,
        })
    }

    /// Ends its processes.
    pub(super) async fn close(self) {
        self.submit.shutdown().await;
    }
}
