//! What stands in front of a value, in the shortest form: as notepack.io writes it.

use serde::ser::Error as _;
use serde_json::Error;

fn length(count: usize) -> Result<u32, Error> {
    u32::try_from(count).map_err(|_| Error::custom("too long for MessagePack"))
}

pub(crate) fn text(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    match length(text.len())? {
        count @ ..0x20 => out.push(0xa0 | count as u8),
        count @ ..0x100 => out.extend([0xd9, count as u8]),
        count => wide(out, count, 0xda),
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

pub(super) fn binary(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    match length(bytes.len())? {
        count @ ..0x100 => out.extend([0xc4, count as u8]),
        count => wide(out, count, 0xc5),
    }
    out.extend_from_slice(bytes);
    Ok(())
}

pub(super) fn list(out: &mut Vec<u8>, count: usize) -> Result<(), Error> {
    match length(count)? {
        count @ ..0x10 => out.push(0x90 | count as u8),
        count => wide(out, count, 0xdc),
    }
    Ok(())
}

pub(super) fn map(out: &mut Vec<u8>, count: usize) -> Result<(), Error> {
    match length(count)? {
        count @ ..0x10 => out.push(0x80 | count as u8),
        count => wide(out, count, 0xde),
    }
    Ok(())
}

/// A length of two bytes behind `head`, or of four behind the one after it.
fn wide(out: &mut Vec<u8>, count: u32, head: u8) {
    if let Ok(count) = u16::try_from(count) {
        out.push(head);
        out.extend(count.to_be_bytes());
    } else {
        out.push(head + 1);
        out.extend(count.to_be_bytes());
    }
}

pub(super) fn unsigned(out: &mut Vec<u8>, number: u64) {
    if number < 0x80 {
        out.push(number as u8);
    } else if let Ok(number) = u8::try_from(number) {
        out.extend([0xcc, number]);
    } else if let Ok(number) = u16::try_from(number) {
        out.push(0xcd);
        out.extend(number.to_be_bytes());
    } else if let Ok(number) = u32::try_from(number) {
        out.push(0xce);
        out.extend(number.to_be_bytes());
    } else {
        out.push(0xcf);
        out.extend(number.to_be_bytes());
    }
}

pub(super) fn signed(out: &mut Vec<u8>, number: i64) {
    if let Ok(number) = u64::try_from(number) {
        unsigned(out, number);
    } else if number >= -0x20 {
        out.push((number as i8).cast_unsigned());
    } else if let Ok(number) = i8::try_from(number) {
        out.push(0xd0);
        out.extend(number.to_be_bytes());
    } else if let Ok(number) = i16::try_from(number) {
        out.push(0xd1);
        out.extend(number.to_be_bytes());
    } else if let Ok(number) = i32::try_from(number) {
        out.push(0xd2);
        out.extend(number.to_be_bytes());
    } else {
        out.push(0xd3);
        out.extend(number.to_be_bytes());
    }
}

/// JavaScript has one kind of number, and writes a whole one as an integer.
pub(super) fn float(out: &mut Vec<u8>, number: f64) {
    const SAFE: f64 = 9_007_199_254_740_992.0;
    let negative_zero = number == 0.0 && number.is_sign_negative();
    if number.fract() == 0.0 && number.abs() <= SAFE && !negative_zero {
        signed(out, number as i64);
    } else {
        out.push(0xcb);
        out.extend(number.to_be_bytes());
    }
}
