//! The digits that Java 11 to 18 print for floating-point numbers where they are not the shortest: powers of
//! two, subnormal numbers, and numbers from 2^53 up (2^24 for float4).
//!
//! The digits of a number are produced one by one, until the number is less than half the gap to its
//! neighbour away from the digits so far (`low`) or from those with the last digit raised by one (`high`).
//! Java's faults are reproduced: an estimate of the gap that is too small, arithmetic that can overflow, and
//! at least two digits with an exponent.

use super::decimal::Decimal;

/// Returns the digits of a float8 above zero.
pub fn float8(size: f64) -> Decimal {
    let bits = size.to_bits();
    Number::new(bits << 12 >> 12, (bits >> 52) as i32, 52, 1023).decimal()
}

/// Returns the digits of a float4 above zero.
pub fn float4(size: f32) -> Decimal {
    let bits = size.to_bits();
    Number::new((bits << 9 >> 9).into(), (bits >> 23) as i32, 23, 127).decimal()
}

/// The number `odd` × 2^`exponent`.
struct Number {
    odd: u64,
    exponent: i32,
    /// The exponent of the largest power of two that is not above the number.
    top: i32,
    /// How many binary digits the format has there, which are fewer for a subnormal number.
    precision: i32,
}

/// The arithmetic that Java uses: int, long or big integers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Machine {
    Int,
    Long,
    Big,
}

impl Number {
    fn new(fraction: u64, exponent: i32, stored: i32, bias: i32) -> Self {
        let (whole, exponent, precision) = if exponent == 0 {
            (fraction, 1 - bias - stored, 64 - fraction.leading_zeros() as i32)
        } else {
            (fraction | 1 << stored, exponent - bias - stored, stored + 1)
        };
        let top = exponent + 63 - whole.leading_zeros() as i32;
        let even = whole.trailing_zeros();
        Self { odd: whole >> even, exponent: exponent + even as i32, top, precision }
    }

    fn width(&self) -> i32 {
        64 - self.odd.leading_zeros() as i32
    }

    fn decimal(&self) -> Decimal {
        if self.exponent >= 0 && self.top <= 62 { self.whole() } else { self.digit_by_digit() }
    }

    /// Returns the digits of a whole number below 2^63. Digits beyond the format's precision are rounded
    /// away, though not all of them.
    fn whole(&self) -> Decimal {
        let whole = self.odd << self.exponent;
        let spare = self.top - self.precision - 1;
        let dropped = if spare > 1 { (f64::from(spare) * std::f64::consts::LOG10_2) as u32 } else { 0 };
        let unit = 10_u64.pow(dropped);
        let whole = whole / unit + u64::from(dropped > 0 && whole % unit >= unit / 2);
        let mut digits = Digits::at(whole.ilog10() as i32 + dropped as i32);
        for place in (0..=whole.ilog10()).rev() {
            digits.push((whole / 10_u64.pow(place) % 10) as u8);
        }
        digits.finish()
    }

    #[allow(clippy::approx_constant, reason = "Java's own figure, which decides where the estimate is off")]
    fn digit_by_digit(&self) -> Decimal {
        let (width, behind_point) = (self.width(), (-self.exponent).max(0));
        // A tangent to the logarithm, which is right or one too high.
        let mantissa = self.odd as f64 / (1_u64 << (width - 1)) as f64;
        let estimate =
            ((mantissa - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(self.top) * 0.301_029_995_663_981)
                .floor() as i32;

        // rest / unit is the number divided by 10^estimate, and gap / unit half the distance to its
        // neighbour.
        let (rest5, unit5) = ((-estimate).max(0), estimate.max(0));
        let mut rest2 = rest5 + behind_point + self.top;
        let mut unit2 = unit5 + behind_point;
        let mut gap2 = rest2 - self.precision;
        rest2 -= width - 1;
        let common = rest2.min(unit2);
        (rest2, unit2, gap2) = (rest2 - common, unit2 - common, gap2 - common);
        if width == 1 {
            // The gap below a power of two is half as wide, and Java halves both.
            gap2 -= 1;
        }
        if gap2 < 0 {
            (rest2, unit2, gap2) = (rest2 - gap2, unit2 - gap2, 0);
        }

        // These sizes decide whether Java uses int, long or big integers. With big ones `high` includes
        // equality.
        let rest_size = width + rest2 + bits_of_five(rest5);
        let unit_size = unit2 + 1 + bits_of_five(unit5 + 1);
        let machine = match rest_size.max(unit_size) {
            ..32 => Machine::Int,
            32..64 => Machine::Long,
            _ => Machine::Big,
        };
        let parts = Parts { odd: self.odd, rest5, unit5, rest2, unit2, gap2 };
        match rest_size.max(unit_size) {
            ..120 => {
                let five = 5_i128.pow(rest5 as u32);
                let unit = 5_i128.pow(unit5 as u32) << unit2;
                digits((i128::from(self.odd) * five) << rest2, unit, five << gap2, estimate, machine)
            }
            120..248 => parts.digits::<4>(estimate),
            _ => parts.digits::<14>(estimate),
        }
    }
}

/// The fraction that [`digits`] divides, as powers of five and of two.
struct Parts {
    odd: u64,
    rest5: i32,
    unit5: i32,
    rest2: i32,
    unit2: i32,
    gap2: i32,
}

impl Parts {
    fn digits<const LIMBS: usize>(&self, estimate: i32) -> Decimal {
        let rest = Big::<LIMBS>::new(self.odd, self.rest5, self.rest2);
        let unit = Big::new(1, self.unit5, self.unit2);
        digits(rest, unit, Big::new(1, self.rest5, self.gap2), estimate, Machine::Big)
    }
}

/// Returns the bits of 5^`n`, or Java's guess for an `n` beyond its table.
fn bits_of_five(n: i32) -> i32 {
    if n < 27 { 5_u64.pow(n as u32).ilog2() as i32 + 1 } else { 3 * n }
}

/// Returns the digits of `rest` / `unit` × 10^`exponent`, which end as soon as they are within `gap`.
fn digits<N: Whole>(mut rest: N, unit: N, mut gap: N, exponent: i32, machine: Machine) -> Decimal {
    let ten_units = unit.ten_times();
    let next = |rest: &mut N, gap: &mut N| {
        let mut digit = 0;
        while *rest >= unit {
            *rest = rest.minus(unit);
            digit += 1;
        }
        *rest = rest.ten_times();
        *gap = gap.ten_times().overflowed(machine);
        digit
    };
    let ends = |rest: N, gap: N| {
        let sum = rest.plus(gap).overflowed(machine);
        (rest < gap, sum > ten_units || (sum == ten_units && machine == Machine::Big))
    };

    let mut digits = Digits::at(exponent);
    let first = next(&mut rest, &mut gap);
    let (mut low, mut high) = ends(rest, gap);
    if first == 0 && !high {
        digits.exponent -= 1;
    } else {
        digits.push(first);
    }
    if !(-3..8).contains(&digits.exponent) {
        // A number that is printed with an exponent has at least two digits.
        (low, high) = (false, false);
    }
    while !low && !high && digits.len < Decimal::MOST {
        digits.push(next(&mut rest, &mut gap));
        (low, high) = if gap.is_positive() { ends(rest, gap) } else { (true, true) };
    }
    let twice = rest.plus(rest);
    if high && (!low || twice > ten_units || (twice == ten_units && digits.last_is_odd())) {
        digits.raise();
    }
    digits.finish()
}

/// The digits so far, as bytes 0 to 9.
struct Digits {
    shown: [u8; Decimal::MOST],
    len: usize,
    /// The exponent of the first digit.
    exponent: i32,
}

impl Digits {
    fn at(exponent: i32) -> Self {
        Self { shown: [0; Decimal::MOST], len: 0, exponent }
    }

    fn push(&mut self, digit: u8) {
        self.shown[self.len] = digit;
        self.len += 1;
    }

    fn last_is_odd(&self) -> bool {
        self.len > 0 && self.shown[self.len - 1] % 2 == 1
    }

    /// Adds one to the last digit.
    fn raise(&mut self) {
        for digit in self.shown[..self.len].iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.shown[0] = 1;
        self.exponent += 1;
    }

    fn finish(mut self) -> Decimal {
        while self.len > 1 && self.shown[self.len - 1] == 0 {
            self.len -= 1;
        }
        let digits = self.shown.map(|digit| b'0' + digit);
        Decimal { digits, len: self.len, place: self.exponent + 1 }
    }
}

/// The whole numbers that [`digits`] computes with.
trait Whole: Copy + PartialOrd {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn ten_times(self) -> Self;
    fn overflowed(self, machine: Machine) -> Self;
    fn is_positive(self) -> bool;
}

impl Whole for i128 {
    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn ten_times(self) -> Self {
        self * 10
    }

    fn overflowed(self, machine: Machine) -> Self {
        match machine {
            Machine::Int => Self::from(self as i32),
            Machine::Long => Self::from(self as i64),
            Machine::Big => self,
        }
    }

    fn is_positive(self) -> bool {
        self > 0
    }
}

/// A natural number. The highest limb comes first, so that the derived order is that of the numbers. The
/// largest in [`digits`] has 820 bits: ten times 5^324 × 2^2, and another digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Big<const LIMBS: usize>([u64; LIMBS]);

impl<const LIMBS: usize> Big<LIMBS> {
    /// Returns `n` × 5^`five` × 2^`two`.
    fn new(n: u64, five: i32, two: i32) -> Self {
        let mut big = Self([0; LIMBS]);
        big.0[LIMBS - 1] = n;
        for _ in 0..five / 27 {
            big = big.times(5_u64.pow(27));
        }
        big = big.times(5_u64.pow(five as u32 % 27));
        for _ in 0..two / 32 {
            big = big.times(1 << 32);
        }
        big.times(1 << (two % 32))
    }

    fn times(mut self, factor: u64) -> Self {
        let mut carry = 0;
        for limb in self.0.iter_mut().rev() {
            let product = u128::from(*limb) * u128::from(factor) + carry;
            *limb = product as u64;
            carry = product >> 64;
        }
        self
    }
}

impl<const LIMBS: usize> Whole for Big<LIMBS> {
    fn plus(mut self, other: Self) -> Self {
        let mut carry = false;
        for (limb, added) in self.0.iter_mut().zip(other.0).rev() {
            let (sum, over) = limb.overflowing_add(added);
            let (sum, over_again) = sum.overflowing_add(carry.into());
            (*limb, carry) = (sum, over | over_again);
        }
        self
    }

    fn minus(mut self, other: Self) -> Self {
        let mut borrow = false;
        for (limb, taken) in self.0.iter_mut().zip(other.0).rev() {
            let (rest, under) = limb.overflowing_sub(taken);
            let (rest, under_again) = rest.overflowing_sub(borrow.into());
            (*limb, borrow) = (rest, under | under_again);
        }
        self
    }

    fn ten_times(self) -> Self {
        self.times(10)
    }

    fn overflowed(self, _: Machine) -> Self {
        self
    }

    fn is_positive(self) -> bool {
        true
    }
}
