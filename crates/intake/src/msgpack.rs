//! Reads `MessagePack`, which tracers send, into JSON values. Lengths come from the sender and are not trusted: no memory is
//! reserved before the content is there, and the depth is limited. See
//! <https://github.com/msgpack/msgpack/blob/master/spec.md>.

use serde_json::{Map, Value};

/// The deepest nesting of lists and maps. Spans need four levels, and links between spans six.
const MAX_DEPTH: usize = 32;

/// Why bytes are not `MessagePack`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MsgpackError {
    #[error("it ends early")]
    End,
    #[error("there are bytes after its end")]
    TrailingBytes,
    #[error("it is nested too deeply")]
    Depth,
    #[error("no value starts with the byte 0x{0:02x}")]
    Marker(u8),
    #[error("a text is not UTF-8")]
    Text,
    #[error("the key of a map is neither a text nor a number")]
    Key,
}

/// Reads one value. Binary data becomes a list of bytes, and extensions become null.
pub(crate) fn decode(bytes: &[u8]) -> Result<Value, MsgpackError> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(0)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(MsgpackError::TrailingBytes) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, MsgpackError> {
        let [marker] = self.bytes()?;
        Ok(match marker {
            0x00..=0x7f => marker.into(),
            0x80..=0x8f => self.map(usize::from(marker & 0x0f), depth)?,
            0x90..=0x9f => self.list(usize::from(marker & 0x0f), depth)?,
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f))?,
            0xc0 => Value::Null,
            0xc2 => false.into(),
            0xc3 => true.into(),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                self.take(length)?.into()
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xca => f64::from(f32::from_be_bytes(self.bytes()?)).into(),
            0xcb => f64::from_be_bytes(self.bytes()?).into(),
            0xcc => u8::from_be_bytes(self.bytes()?).into(),
            0xcd => u16::from_be_bytes(self.bytes()?).into(),
            0xce => u32::from_be_bytes(self.bytes()?).into(),
            0xcf => u64::from_be_bytes(self.bytes()?).into(),
            0xd0 => i8::from_be_bytes(self.bytes()?).into(),
            0xd1 => i16::from_be_bytes(self.bytes()?).into(),
            0xd2 => i32::from_be_bytes(self.bytes()?).into(),
            0xd3 => i64::from_be_bytes(self.bytes()?).into(),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                self.text(length)?
            }
            0xdc..=0xdd => {
                let length = self.length(marker - 0xdc + 1)?;
                self.list(length, depth)?
            }
            0xde..=0xdf => {
                let length = self.length(marker - 0xde + 1)?;
                self.map(length, depth)?
            }
            0xe0..=0xff => i8::from_be_bytes([marker]).into(),
            0xc1 => return Err(MsgpackError::Marker(marker)),
        })
    }

    /// Reads a length that is written in `2^exponent` bytes: 1, 2 or 4.
    fn length(&mut self, exponent: u8) -> Result<usize, MsgpackError> {
        Ok(match exponent {
            0 => u8::from_be_bytes(self.bytes()?).into(),
            1 => u16::from_be_bytes(self.bytes()?).into(),
            _ => usize::try_from(u32::from_be_bytes(self.bytes()?)).map_err(|_| MsgpackError::End)?,
        })
    }

    fn list(&mut self, length: usize, depth: usize) -> Result<Value, MsgpackError> {
        let depth = deeper(depth)?;
        (0..length).map(|_| self.value(depth)).collect()
    }

    fn map(&mut self, length: usize, depth: usize) -> Result<Value, MsgpackError> {
        let depth = deeper(depth)?;
        let mut map = Map::new();
        for _ in 0..length {
            let key = match self.value(depth)? {
                Value::String(key) => key,
                Value::Number(key) => key.to_string(),
                _ => return Err(MsgpackError::Key),
            };
            map.insert(key, self.value(depth)?);
        }
        Ok(map.into())
    }

    fn text(&mut self, length: usize) -> Result<Value, MsgpackError> {
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| MsgpackError::Text)?;
        Ok(text.into())
    }

    fn extension(&mut self, length: usize) -> Result<Value, MsgpackError> {
        // The type of the extension comes before its content.
        self.take(1)?;
        self.take(length)?;
        Ok(Value::Null)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], MsgpackError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(MsgpackError::End)?;
        self.rest = rest;
        Ok(taken)
    }

    fn bytes<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], MsgpackError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(MsgpackError::End)?;
        self.rest = rest;
        Ok(*taken)
    }
}

fn deeper(depth: usize) -> Result<usize, MsgpackError> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(MsgpackError::Depth) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_kinds_of_values_are_read() {
        for (bytes, value) in [
            (&[0x07][..], json!(7)),
            (&[0xe0], json!(-32)),
            (&[0xd1, 0xff, 0x00], json!(-256)),
            (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], json!(u64::MAX)),
            (&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], json!(1.5)),
            (&[0xca, 0x3f, 0xc0, 0, 0], json!(1.5)),
            (&[0xa2, b'o', b'k'], json!("ok")),
            (&[0xd9, 2, b'o', b'k'], json!("ok")),
            (&[0xda, 0, 2, b'o', b'k'], json!("ok")),
            (&[0x92, 0xc0, 0xc3], json!([null, true])),
            (&[0xdd, 0, 0, 0, 1, 0xc2], json!([false])),
            (&[0x81, 0xa1, b'a', 0x01], json!({ "a": 1 })),
            (&[0xde, 0, 1, 0x05, 0x01], json!({ "5": 1 })),
            (&[0xc4, 2, 1, 2], json!([1, 2])),
            (&[0xd4, 0x01, 0xff], json!(null)),
        ] {
            assert_eq!(decode(bytes), Ok(value), "{bytes:?}");
        }
    }

    #[test]
    fn damaged_data_and_false_lengths_are_refused() {
        for (bytes, error) in [
            (&[][..], MsgpackError::End),
            (&[0xa5, b'a'], MsgpackError::End),
            (&[0xdd, 0xff, 0xff, 0xff, 0xff], MsgpackError::End),
            (&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1], MsgpackError::End),
            (&[0xc1], MsgpackError::Marker(0xc1)),
            (&[0xa1, 0xff], MsgpackError::Text),
            (&[0x81, 0xc0, 0x01], MsgpackError::Key),
            (&[0x01, 0x01], MsgpackError::TrailingBytes),
            (&[0x91; 100], MsgpackError::Depth),
        ] {
            assert_eq!(decode(bytes), Err(error), "{bytes:?}");
        }
    }
}
