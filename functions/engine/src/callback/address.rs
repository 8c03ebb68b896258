//! The addresses to which no callback connects.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses that callbacks refuse.
#[derive(Debug, PartialEq, Eq)]
pub struct AddressRange {
    network: IpAddr,
    prefix_bits: u32,
    /// What the range is for.
    pub purpose: &'static str,
}

/// In CIDR notation.
impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix_bits)
    }
}

impl AddressRange {
    fn contains(&self, address: IpAddr) -> bool {
        // Without its host bits, a number is its network. No prefix is empty, so no shift is as wide as its number.
        let host_bits = |bits: u32| bits - self.prefix_bits;
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()) >> host_bits(32) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()) >> host_bits(128) == 0
            }
            _ => false,
        }
    }
}

/// The range for which a callback must not connect to this address; `None` if it may.
///
/// An address that only contains a public IPv4 address (mapped, translated, 6to4) is refused, too: where it leads depends on gateways
/// between here and there. A network-specific prefix of a NAT64 gateway (RFC 6052, section 2.2) cannot be recognized: such a gateway must
/// not translate to private addresses.
#[must_use]
pub fn refused_range(address: IpAddr) -> Option<&'static AddressRange> {
    REFUSED.iter().find(|range| range.contains(address))
}

const fn v4([a, b, c, d]: [u8; 4], prefix_bits: u32, purpose: &'static str) -> AddressRange {
    AddressRange {
        network: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        prefix_bits,
        purpose,
    }
}

/// `network` is the first 64 bits of the range.
const fn v6(network: u64, prefix_bits: u32, purpose: &'static str) -> AddressRange {
    // Widening; `u128::from` is not const.
    let bits = (network as u128) << 64;
    AddressRange {
        network: IpAddr::V6(Ipv6Addr::from_bits(bits)),
        prefix_bits,
        purpose,
    }
}

/// A range of IPv6 that embeds IPv4 addresses in its last 32 bits.
const fn v6_of_v4(network: Ipv6Addr, purpose: &'static str) -> AddressRange {
    AddressRange {
        network: IpAddr::V6(network),
        prefix_bits: 96,
        purpose,
    }
}

/// The special-purpose registries of IANA, multicast, and what is reserved or not assigned. The first match counts, so a range precedes
/// those that contain it.
///
/// Sources: <https://www.iana.org/assignments/iana-ipv4-special-registry>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>, and the documents in the table.
#[rustfmt::skip]
static REFUSED: [AddressRange; 50] = [
    v4([0, 0, 0, 0], 8, "this network"), // RFC 791, section 3.2
    v4([10, 0, 0, 0], 8, "private use"), // RFC 1918
    v4([100, 64, 0, 0], 10, "shared address space of providers"), // RFC 6598
    v4([127, 0, 0, 0], 8, "loopback"), // RFC 1122, section 3.2.1.3
    v4([169, 254, 169, 254], 32, "instance metadata"), // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    v4([169, 254, 170, 2], 32, "container credentials"), // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    v4([169, 254, 0, 0], 16, "link local"), // RFC 3927
    v4([172, 16, 0, 0], 12, "private use"), // RFC 1918
    v4([192, 0, 0, 0], 24, "IETF protocol assignments"), // RFC 6890, section 2.1
    v4([192, 0, 2, 0], 24, "documentation"), // RFC 5737
    v4([192, 31, 196, 0], 24, "AS112"), // RFC 7535
    v4([192, 52, 193, 0], 24, "automatic multicast tunneling"), // RFC 7450
    v4([192, 88, 99, 0], 24, "6to4 relay"), // RFC 7526
    v4([192, 168, 0, 0], 16, "private use"), // RFC 1918
    v4([192, 175, 48, 0], 24, "AS112"), // RFC 7534
    v4([198, 18, 0, 0], 15, "benchmarks"), // RFC 2544
    v4([198, 51, 100, 0], 24, "documentation"), // RFC 5737
    v4([203, 0, 113, 0], 24, "documentation"), // RFC 5737
    v4([224, 0, 0, 0], 4, "multicast"), // RFC 5771
    v4([255, 255, 255, 255], 32, "limited broadcast"), // RFC 919, section 7
    v4([240, 0, 0, 0], 4, "reserved"), // RFC 1112, section 4
    // Inside 2000::/3, the global unicast addresses.
    v6(0x2001_0000_0000_0000, 32, "Teredo"), // RFC 4380
    v6(0x2001_0002_0000_0000, 48, "benchmarks"), // RFC 5180
    v6(0x2001_0003_0000_0000, 32, "automatic multicast tunneling"), // RFC 7450
    v6(0x2001_0004_0112_0000, 48, "AS112"), // RFC 7535
    v6(0x2001_0010_0000_0000, 28, "ORCHID"), // RFC 4843
    v6(0x2001_0020_0000_0000, 28, "ORCHIDv2"), // RFC 7343
    v6(0x2001_0030_0000_0000, 28, "drone remote identification"), // RFC 9374
    v6(0x2001_0000_0000_0000, 23, "IETF protocol assignments"), // RFC 2928
    v6(0x2001_0db8_0000_0000, 32, "documentation"), // RFC 3849
    v6(0x2002_0000_0000_0000, 16, "6to4"), // RFC 3056
    v6(0x2620_004f_8000_0000, 48, "AS112"), // RFC 7534
    v6(0x3fff_0000_0000_0000, 20, "documentation"), // RFC 9637
    // Outside it.
    AddressRange { network: IpAddr::V6(Ipv6Addr::LOCALHOST), prefix_bits: 128, purpose: "loopback" }, // RFC 4291, section 2.5.3
    AddressRange { network: IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix_bits: 128, purpose: "unspecified address" }, // RFC 4291, section 2.5.2
    v6_of_v4(Ipv6Addr::UNSPECIFIED, "IPv4-compatible"), // RFC 4291, section 2.5.5.1
    v6_of_v4(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), "IPv4-mapped"), // RFC 4291, section 2.5.5.2
    v6_of_v4(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), "IPv4-translated"), // RFC 2765, section 2.1
    v6_of_v4(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), "NAT64"), // RFC 6052
    v6(0x0064_ff9b_0001_0000, 48, "local-use NAT64"), // RFC 8215
    v6(0x0100_0000_0000_0000, 64, "discard only"), // RFC 6666
    v6(0x0100_0000_0000_0001, 64, "dummy prefix"), // RFC 9780
    v6(0x5f00_0000_0000_0000, 16, "segment routing"), // RFC 9602
    v6(0xfc00_0000_0000_0000, 7, "unique local, with instance metadata at fd00:ec2::254"), // RFC 4193
    v6(0xfe80_0000_0000_0000, 10, "link local"), // RFC 4291, section 2.5.6
    v6(0xfec0_0000_0000_0000, 10, "site local"), // RFC 3879
    v6(0xff00_0000_0000_0000, 8, "multicast"), // RFC 4291, section 2.7
    // The rest of what is outside it: three ranges and 2000::/3 are all of IPv6.
    v6(0x0000_0000_0000_0000, 3, "not assigned"), // RFC 4291, section 2.4
    v6(0x4000_0000_0000_0000, 2, "not assigned"), // RFC 4291, section 2.4
    v6(0x8000_0000_0000_0000, 1, "not assigned"), // RFC 4291, section 2.4
];

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The addresses around a range: the one before it, its first and last, and the one after it.
    fn borders(range: &AddressRange) -> [Option<IpAddr>; 4] {
        match range.network {
            IpAddr::V4(first) => {
                let first = first.to_bits();
                let last = first | (u32::MAX.checked_shr(range.prefix_bits).unwrap_or(0));
                [
                    first.checked_sub(1),
                    Some(first),
                    Some(last),
                    last.checked_add(1),
                ]
                .map(|bits| bits.map(|bits| Ipv4Addr::from_bits(bits).into()))
            }
            IpAddr::V6(first) => {
                let first = first.to_bits();
                let last = first | (u128::MAX.checked_shr(range.prefix_bits).unwrap_or(0));
                [
                    first.checked_sub(1),
                    Some(first),
                    Some(last),
                    last.checked_add(1),
                ]
                .map(|bits| bits.map(|bits| Ipv6Addr::from_bits(bits).into()))
            }
        }
    }

    #[test]
    fn each_range_refuses_its_first_and_last_address_and_none_beside_them() {
        for range in &REFUSED {
            let [before, first, last, after] = borders(range);
            assert!(range.contains(first.unwrap()), "{range}");
            assert!(range.contains(last.unwrap()), "{range}");
            for beside in [before, after].into_iter().flatten() {
                assert!(!range.contains(beside), "{range} contains {beside}");
            }
            // Otherwise a range before it contains all of it, and it is never found.
            assert!(
                [first, last]
                    .iter()
                    .any(|border| { refused_range(border.unwrap()) == Some(range) }),
                "{range}"
            );
        }
    }

    #[test]
    fn addresses_are_refused_for_the_range_that_reserves_them() {
        for (text, range) in [
            ("0.0.0.0", "0.0.0.0/8"),
            ("10.255.255.255", "10.0.0.0/8"),
            ("100.64.0.1", "100.64.0.0/10"),
            ("100.127.255.255", "100.64.0.0/10"),
            ("127.0.0.1", "127.0.0.0/8"),
            ("169.254.169.254", "169.254.169.254/32"),
            ("169.254.170.2", "169.254.170.2/32"),
            ("169.254.1.1", "169.254.0.0/16"),
            ("172.31.255.255", "172.16.0.0/12"),
            ("192.0.0.192", "192.0.0.0/24"),
            ("192.168.1.1", "192.168.0.0/16"),
            ("198.19.255.255", "198.18.0.0/15"),
            ("239.1.2.3", "224.0.0.0/4"),
            ("255.255.255.255", "255.255.255.255/32"),
            ("250.0.0.1", "240.0.0.0/4"),
            ("::", "::/128"),
            ("::1", "::1/128"),
            ("::8.8.8.8", "::/96"),
            ("::ffff:8.8.8.8", "::ffff:0.0.0.0/96"),
            ("::ffff:0:8.8.8.8", "::ffff:0:0:0/96"),
            ("64:ff9b::8.8.8.8", "64:ff9b::/96"),
            ("64:ff9b:1::a00:1", "64:ff9b:1::/48"),
            ("2001::1", "2001::/32"),
            ("2001:2::1", "2001:2::/48"),
            ("2001:1f:ffff::1", "2001:10::/28"),
            ("2001:2f::1", "2001:20::/28"),
            ("2001:1ff::1", "2001::/23"),
            ("2001:db8::1", "2001:db8::/32"),
            ("2002:7f00:1::", "2002::/16"),
            ("3fff:fff::1", "3fff::/20"),
            ("fd00:ec2::254", "fc00::/7"),
            ("fe80::1", "fe80::/10"),
            ("fec0::1", "fec0::/10"),
            ("ff02::1", "ff00::/8"),
            ("1::1", "::/3"),
            ("4000::1", "4000::/2"),
            ("9000::1", "8000::/1"),
        ] {
            let found = refused_range(address(text)).map(ToString::to_string);
            assert_eq!(found.as_deref(), Some(range), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_not_refused() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "3fff:1000::",
        ] {
            assert_eq!(refused_range(address(text)), None, "{text}");
        }
    }
}
