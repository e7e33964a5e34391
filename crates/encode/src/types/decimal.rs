//! The decimal digits of a floating-point number and the place of its point.

/// The number 0.DIGITS × 10^place, whose first and last digits are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The digits in ASCII, followed by zeros after `len`.
    pub digits: [u8; Self::MOST],
    /// How many digits there are.
    pub len: usize,
    /// The exponent of ten.
    pub place: i32,
}

impl Decimal {
    /// The most digits. Java 11 needs up to 20, for whole numbers below 2^63.
    pub const MOST: usize = 24;

    /// Returns the shortest digits that read back as this float8, which is finite and above zero.
    pub fn shortest_float8(size: f64) -> Self {
        Self::read(zmij::Buffer::new().format_finite(size))
    }

    /// Returns the shortest digits that read back as the size of this float4, which is finite and not zero.
    pub fn shortest_float4(value: f32) -> Self {
        Self::read(zmij::Buffer::new().format_finite(value.abs()))
    }

    /// Parses `digits[.digits][e[sign]digits]`, of which some digit is not zero.
    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut decimal = Self { digits: [b'0'; Self::MOST], len: 0, place: 0 };
        let (mut behind_point, mut significant) = (false, 0);
        for byte in mantissa.bytes() {
            if byte == b'.' {
                behind_point = true;
                continue;
            }
            if byte == b'0' && significant == 0 {
                decimal.place -= i32::from(behind_point);
                continue;
            }
            decimal.place += i32::from(!behind_point);
            if significant < Self::MOST {
                decimal.digits[significant] = byte;
                significant += 1;
            }
            if byte != b'0' {
                decimal.len = significant;
            }
        }
        decimal.place += exponent.parse::<i32>().unwrap_or(0);
        decimal
    }

    /// Returns the digits without the zeros after them.
    pub fn significant(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    /// Replaces digits exactly half way to the next float8, which the server does not use, by the next longer
    /// ones.
    pub fn leave_boundary_float8(&mut self, size: f64) {
        let bits = size.to_bits();
        let (fraction, exponent) = (bits << 12 >> 12, (bits >> 52) as i32 - 1075);
        let is_boundary = |decimal: &Self| decimal.is_boundary(fraction | 1 << 52, exponent, fraction == 0);
        if is_boundary(self) {
            let longer = (self.len..17).map(|precision| format!("{size:.precision$e}"));
            let mut inside = longer.filter(|text| text.parse() == Ok(size)).map(|text| Self::read(&text));
            *self = inside.find(|decimal| !is_boundary(decimal)).unwrap_or(*self);
        }
    }

    /// Replaces digits exactly half way to the next float4, which the server does not use, by the next longer
    /// ones.
    pub fn leave_boundary_float4(&mut self, size: f32) {
        let bits = size.to_bits();
        let (fraction, exponent) = (u64::from(bits << 9 >> 9), (bits >> 23) as i32 - 150);
        let is_boundary = |decimal: &Self| decimal.is_boundary(fraction | 1 << 23, exponent, fraction == 0);
        if is_boundary(self) {
            let longer = (self.len..17).map(|precision| format!("{size:.precision$e}"));
            let mut inside = longer.filter(|text| text.parse() == Ok(size)).map(|text| Self::read(&text));
            *self = inside.find(|decimal| !is_boundary(decimal)).unwrap_or(*self);
        }
    }

    /// Returns whether this lies half way between `mantissa` × 2^`exponent`, with an exponent above 0, and a
    /// neighbour.
    fn is_boundary(&self, mantissa: u64, exponent: i32, power_of_two: bool) -> bool {
        // A boundary is a whole number of 55 bits times a power of two, so no higher power of five divides it.
        const MOST_ZEROS: i32 = 23;
        let zeros = self.place - self.len as i32;
        if !(0..=MOST_ZEROS).contains(&zeros) || self.len > 17 {
            return false;
        }
        let whole = self.significant().iter().fold(0, |n, digit| n * 10 + u128::from(digit - b'0'));
        let whole = whole * 5_u128.pow(zeros as u32);
        let (odd, power) = (whole >> whole.trailing_zeros(), zeros + whole.trailing_zeros() as i32);
        let mantissa = u128::from(mantissa);
        let below =
            if power_of_two { (4 * mantissa - 1, exponent - 2) } else { (2 * mantissa - 1, exponent - 1) };
        (odd, power) == (2 * mantissa + 1, exponent - 1) || (odd, power) == below
    }
}
