//! The address ranges in which targets may lie.

use std::net::Ipv4Addr;
use std::str::FromStr;

use crate::failure::Failure;

/// A range of addresses, such as `10.1.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: u32,
    mask: u32,
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, length) = text.split_once('/').ok_or(())?;
        let address: Ipv4Addr = address.parse().map_err(|_| ())?;
        let length: u32 = length.parse().ok().filter(|length| *length <= 32).ok_or(())?;
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        Ok(Self { first: u32::from(address) & mask, mask })
    }
}

/// The address ranges of the database's VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// Reads ranges that are separated by commas. Returns `None` if one is malformed or if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let networks: Result<Vec<_>, ()> = text.split(',').map(|cidr| cidr.trim().parse()).collect();
        networks.ok().map(Self)
    }

    /// Checks that an address lies in one of the ranges.
    ///
    /// # Errors
    /// `AddressRefused`. A public name of a database, or one that somebody else answers for, must not lead the
    /// load balancer out of the VPC.
    pub fn check(&self, name: &str, address: Ipv4Addr) -> Result<(), Failure> {
        let number = u32::from(address);
        if self.0.iter().any(|network| number & network.mask == network.first) {
            return Ok(());
        }
        let is_private = address.is_private() || address.is_loopback() || address.is_link_local();
        let message = if is_private {
            format!(
                "{name} resolves to {address}, which is not an address of the database's VPC. Nothing is changed. \
                 Check ALLOWED_CIDRS, and that the database is in the load balancer's VPC."
            )
        } else {
            format!(
                "{name} resolves to {address}, which is no address of the database's VPC but a public one. Nothing is \
                 changed. Make the database private: aws rds modify-db-instance --no-publicly-accessible"
            )
        };
        Err(Failure::new("AddressRefused", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(networks: &str, address: &str) -> bool {
        let networks = Networks::parse(networks).expect("networks");
        networks.check("orders", address.parse().expect("an address")).is_ok()
    }

    #[test]
    fn only_addresses_of_the_vpc_are_targets() {
        assert!(is_allowed("10.1.0.0/16", "10.1.255.255"));
        assert!(!is_allowed("10.1.0.0/16", "10.2.0.0"));
        assert!(is_allowed("10.1.0.0/16, 100.64.0.0/10", "100.127.1.2"));
        assert!(is_allowed("10.1.2.3/32", "10.1.2.3"));
        assert!(!is_allowed("10.1.2.3/32", "10.1.2.2"));
        assert!(is_allowed("0.0.0.0/0", "203.0.113.5"));
        assert!(!is_allowed("10.0.0.0/8", "203.0.113.5"));
    }

    #[test]
    fn a_public_address_is_called_so() {
        let networks = Networks::parse("10.1.0.0/16").expect("networks");
        let refused = |address: &str| {
            networks.check("orders", address.parse().expect("an address")).expect_err("refused").message
        };
        assert!(refused("203.0.113.5").contains("but a public one"));
        assert!(refused("10.2.0.1").contains("Check ALLOWED_CIDRS"));
    }

    #[test]
    fn malformed_ranges_are_refused() {
        for text in ["", "10.1.0.0", "10.1.0.0/33", "10.1.0/16", "10.1.0.0/16,", "fd00::/8"] {
            assert_eq!(Networks::parse(text), None, "{text}");
        }
    }
}
