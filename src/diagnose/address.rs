//! Tells private from public addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The shared address space, used by carriers, and by EKS and Lattice within VPCs.
const SHARED: (u32, u32) = (u32::from_be_bytes([100, 64, 0, 0]), 10);

/// Returns whether an address is not reachable from the Internet: RFC 1918, shared, link-local, loopback or
/// unique local.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_private() || address.is_link_local() || address.is_loopback() || is_shared(address)
        }
        IpAddr::V6(address) => is_local(address),
    }
}

fn is_shared(address: Ipv4Addr) -> bool {
    address.to_bits() >> (32 - SHARED.1) == SHARED.0 >> (32 - SHARED.1)
}

fn is_local(address: Ipv6Addr) -> bool {
    address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
}

/// Formats a list of addresses and their kind, such as `10.0.1.7, 10.0.2.9, private`.
pub(super) fn listed(addresses: &[IpAddr]) -> String {
    if addresses.is_empty() {
        return "no address".to_owned();
    }
    let private = addresses.iter().filter(|address| is_private(**address)).count();
    let kind = match private {
        0 => "public",
        all if all == addresses.len() => "private",
        _ => "private and public",
    };
    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    format!("{}, {kind}", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_private_or_public() {
        for private in [
            "10.0.0.1",
            "172.31.255.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.1.1",
            "127.0.0.1",
            "fd00::1",
            "::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["52.94.1.1", "172.32.0.1", "100.128.0.1", "2a05:d000::1", "203.0.113.10"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_list_says_what_its_addresses_are() {
        let of = |list: &[&str]| listed(&list.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>());
        assert_eq!(of(&["10.0.0.1"]), "10.0.0.1, private");
        assert_eq!(of(&["52.1.1.1", "10.0.0.1"]), "52.1.1.1, 10.0.0.1, private and public");
        assert_eq!(of(&[]), "no address");
    }
}
