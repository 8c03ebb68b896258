//! The resolver of webhooks.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use engine::refused_range;

use crate::persist::random;

type LookUp = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;
type MayConnect = dyn Fn(IpAddr) -> bool + Send + Sync;

/// A resolver that returns only addresses to which a webhook may connect. The HTTP client connects to exactly these, so no second lookup can
/// have another result.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    /// Blocks its thread.
    look_up: Arc<LookUp>,
    may_connect: Arc<MayConnect>,
}

/// The name has addresses, but a webhook must not connect to any of them.
#[derive(Debug, thiserror::Error)]
#[error("every address of the host is in a reserved range")]
pub(super) struct RefusedAddresses;

impl CheckedResolver {
    /// Looks names up as the system does.
    pub(super) fn of_system() -> Self {
        Self {
            look_up: Arc::new(system),
            may_connect: Arc::new(|address| refused_range(address).is_none()),
        }
    }

    /// Looks names up with this function.
    #[cfg(test)]
    pub(super) fn looking_up(
        self,
        look_up: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        let look_up = Arc::new(look_up);
        Self { look_up, ..self }
    }

    /// Connects to these addresses and no others.
    #[cfg(test)]
    pub(super) fn allowing(
        self,
        may_connect: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        let may_connect = Arc::new(may_connect);
        Self {
            may_connect,
            ..self
        }
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveDnsError> {
        let (look_up, name) = (self.look_up.clone(), name.to_owned());
        let found = tokio::task::spawn_blocking(move || look_up(&name)).await;
        let found = found.map_err(ResolveDnsError::new)?;
        let found = found.map_err(ResolveDnsError::new)?;
        // Others are left out rather than refused as a whole: DNS64 adds a NAT64 address to each name that has only IPv4.
        let allowed = |address: &IpAddr| (self.may_connect)(*address);
        let mut addresses: Vec<_> = found.iter().copied().filter(allowed).collect();
        if addresses.is_empty() && !found.is_empty() {
            return Err(ResolveDnsError::new(RefusedAddresses));
        }
        rotate(&mut addresses, random());
        Ok(addresses)
    }
}

/// The HTTP client tries the addresses in their order. One that does not answer at all takes the whole time of a delivery, so a later
/// delivery begins with another one.
fn rotate(addresses: &mut [IpAddr], random: u64) {
    let count = u64::try_from(addresses.len().max(1)).unwrap_or(u64::MAX);
    addresses.rotate_left(usize::try_from(random % count).unwrap_or_default());
}

fn system(name: &str) -> io::Result<Vec<IpAddr>> {
    // The HTTP client replaces the port.
    let found = (name, 0).to_socket_addrs()?;
    Ok(found.map(|address| address.ip()).collect())
}

impl ResolveDns for CheckedResolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(self.resolve(name))
    }
}

impl fmt::Debug for CheckedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedResolver").finish_non_exhaustive()
    }
}
