//! Printers of inet, cidr, macaddr and macaddr8, which are the same in both dialects. Their text would cost
//! the server three times as much as their bytes.

use std::io::Write as _;
use std::net::Ipv6Addr;

use super::{Malformed, Memo, WRONG_LENGTH, digits, uuid};

/// Prints an inet or cidr: the family, the bits of the netmask, whether it is a cidr, the address's length,
/// the address.
pub fn inet(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let ([_, bits, is_cidr, _], address) = cell.split_first_chunk().ok_or(WRONG_LENGTH)?;
    if let Ok(v4) = <[u8; 4]>::try_from(address) {
        push_v4(out, v4);
    } else {
        push_v6(out, address.try_into().map_err(|_| WRONG_LENGTH)?);
    }
    // The netmask of a host is omitted for an inet, but not for a cidr.
    if *is_cidr != 0 || usize::from(*bits) != 8 * address.len() {
        out.push(b'/');
        digits::push_u64(out, (*bits).into());
    }
    Ok(())
}

fn push_v4(out: &mut Vec<u8>, address: [u8; 4]) {
    for (i, byte) in address.into_iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        digits::push_u64(out, byte.into());
    }
}

fn push_v6(out: &mut Vec<u8>, address: [u8; 16]) {
    match address {
        // IPv4-compatible addresses, which the standard library prints as hexadecimal digits.
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] if (a, b) != (0, 0) => {
            out.extend_from_slice(b"::");
            push_v4(out, [a, b, c, d]);
        }
        _ => write!(out, "{}", Ipv6Addr::from(address)).expect("a Vec takes what is written"),
    }
}

/// Prints a macaddr of six bytes or a macaddr8 of eight: pairs of hexadecimal digits between colons.
pub fn macaddr<const N: usize>(cell: &[u8], out: &mut Vec<u8>, _: &mut Memo) -> Result<(), Malformed> {
    let bytes: [u8; N] = super::fixed(cell)?;
    for (i, byte) in bytes.into_iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        out.extend_from_slice(&uuid::HEX[usize::from(byte)]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(cell: &[u8]) -> Result<String, Malformed> {
        let mut out = Vec::new();
        inet(cell, &mut out, &mut Memo::new())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn addresses_as_the_server_prints_them() {
        assert_eq!(printed(&[2, 32, 0, 4, 192, 168, 0, 1]).unwrap(), "192.168.0.1");
        assert_eq!(printed(&[2, 24, 0, 4, 192, 168, 0, 1]).unwrap(), "192.168.0.1/24");
        assert_eq!(printed(&[2, 32, 1, 4, 10, 0, 0, 0]).unwrap(), "10.0.0.0/32");
        for (text, expected) in [
            ("::", "::"),
            ("::1", "::1"),
            ("::102:304", "::1.2.3.4"),
            ("::ffff:102:304", "::ffff:1.2.3.4"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
            ("fe80:0:0:0:0:0:0:0", "fe80::"),
        ] {
            let address = text.parse::<Ipv6Addr>().unwrap().octets();
            let cell = [&[3, 128, 0, 16][..], &address].concat();
            assert_eq!(printed(&cell).unwrap(), expected);
            assert_eq!(printed(&[&[3, 64, 1, 16][..], &address].concat()).unwrap(), format!("{expected}/64"));
        }
        assert_eq!(printed(&[2, 32, 0, 4, 1, 2, 3]), Err(WRONG_LENGTH));
        assert_eq!(printed(&[2, 32]), Err(WRONG_LENGTH));
    }

    #[test]
    fn hardware_addresses() {
        let mut out = Vec::new();
        macaddr::<6>(&[8, 0, 0x2b, 1, 2, 0xff], &mut out, &mut Memo::new()).unwrap();
        assert_eq!(out, b"08:00:2b:01:02:ff");
        assert!(macaddr::<8>(&[0; 6], &mut out, &mut Memo::new()).is_err());
    }
}
