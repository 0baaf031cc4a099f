//! Cuts a delivery into payloads that are not larger than Datadog accepts. It works lazily: the first payload can be sent
//! before the last point is measured.

use std::{iter, ops::Range};

/// Size of a payload without series: `{"series":[]}`.
pub(crate) const ENVELOPE: usize = 13;

/// A part of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<E> {
    /// Points that fit into one payload, or one point that is larger. A distribution may be larger, and is sent in parts.
    Fitting(Range<usize>),
    /// A point that cannot be sent at all.
    Unfit(usize, E),
}

/// Cuts points of these sizes into payloads of at most `limit` bytes. A point that is larger is a piece of its own.
pub(crate) fn cut<E>(
    sizes: impl Iterator<Item = Result<usize, E>>,
    limit: usize,
) -> impl Iterator<Item = Piece<E>> {
    let mut sizes = sizes.enumerate().peekable();
    iter::from_fn(move || {
        let (start, first) = sizes.next()?;
        let mut length = match first {
            Ok(size) => ENVELOPE + size,
            Err(error) => return Some(Piece::Unfit(start, error)),
        };
        let mut end = start + 1;
        // A comma separates series.
        while let Some((_, Ok(size))) = sizes.peek()
            && length + 1 + size <= limit
        {
            length += 1 + size;
            end += 1;
            sizes.next();
        }
        Some(Piece::Fitting(start..end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_filled_to_the_last_byte() {
        let pieces = |sizes: &[usize], limit| {
            cut(sizes.iter().map(|size| Ok::<_, ()>(*size)), limit).collect::<Vec<_>>()
        };
        // Two series of 10 bytes and a comma.
        assert_eq!(pieces(&[10, 10, 10], ENVELOPE + 21), [Piece::Fitting(0..2), Piece::Fitting(2..3)]);
        assert_eq!(
            pieces(&[10, 10, 10], ENVELOPE + 20),
            [Piece::Fitting(0..1), Piece::Fitting(1..2), Piece::Fitting(2..3)]
        );
        assert_eq!(pieces(&[10, 10, 10], ENVELOPE + 32), [Piece::Fitting(0..3)]);
        assert_eq!(pieces(&[], 100), []);
    }

    #[test]
    fn unfit_points_are_separate_pieces() {
        let sizes = [Ok(1), Err("nan"), Err("long"), Ok(1), Ok(1), Err("nan")];
        assert_eq!(
            cut(sizes.into_iter(), 100).collect::<Vec<_>>(),
            [
                Piece::Fitting(0..1),
                Piece::Unfit(1, "nan"),
                Piece::Unfit(2, "long"),
                Piece::Fitting(3..5),
                Piece::Unfit(5, "nan"),
            ]
        );
    }
}
