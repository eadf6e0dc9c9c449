/// Writes eight digits in one store: copying bytes just written one by one would wait for them.
#[inline]
pub(crate) fn push_decimal(text: &mut Vec<u8>, mut number: u64) {
    const EIGHT: u64 = 100_000_000;
    let padded = number >= EIGHT;
    if padded {
        push_decimal_long(text, number / EIGHT);
        number %= EIGHT;
    }
    let mut digits = 0;
    let mut count = 0;
    loop {
        digits = (digits << 8) | (u64::from(b'0') + number % 10);
        number /= 10;
        count += 1;
        if number == 0 && (!padded || count == 8) {
            break;
        }
    }
    text.extend_from_slice(&digits.to_le_bytes());
    text.truncate(text.len() - 8 + count);
}

#[cold]
fn push_decimal_long(text: &mut Vec<u8>, number: u64) {
    push_decimal(text, number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length() {
        for power in 0..20 {
            for number in [
                10_u64.pow(power) - 1,
                10_u64.pow(power),
                10_u64.pow(power) + 1,
            ] {
                let mut text = b"2".to_vec();
                push_decimal(&mut text, number);
                assert_eq!(text, format!("2{number}").as_bytes());
            }
        }
        let mut text = Vec::new();
        push_decimal(&mut text, u64::MAX);
        assert_eq!(text, u64::MAX.to_string().as_bytes());
    }
}
