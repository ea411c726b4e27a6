//! Bodies sent packed (ruling 10). They are unpacked after their caller is known: a partner signs what is on the wire.

use std::io::Read;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::complaint::Complaint;

/// How a body is packed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or bare RFC 1951, as some senders understand the word.
    Deflate,
}

impl Packing {
    /// What `Content-Encoding` says; none for a body as it is.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Complaint> {
        let mut packing = None;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let names = value.to_str().map_err(|_| Complaint::UnknownPacking)?;
            for name in names.split(',').map(|name| name.trim().to_ascii_lowercase()) {
                let named = match name.as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    _ => return Err(Complaint::UnknownPacking),
                };
                // Packed twice is packed in a way that nobody asks for.
                if packing.replace(named).is_some() {
                    return Err(Complaint::UnknownPacking);
                }
            }
        }
        Ok(packing)
    }

    /// Unpacks a body, away from the threads that answer others: a few bytes may become megabytes. No more of them are
    /// made than are allowed.
    pub async fn unpack(self, packed: Bytes, megabytes: u32) -> Result<Bytes, Complaint> {
        let unpacked = tokio::task::spawn_blocking(move || self.unpacked(&packed, megabytes)).await;
        unpacked.map_err(|_| Complaint::Broken)?.map(Bytes::from)
    }

    fn unpacked(self, packed: &[u8], megabytes: u32) -> Result<Vec<u8>, Complaint> {
        let bytes_max = u64::from(megabytes) * 1_000_000;
        let mut unpacked = Vec::new();
        let mut read = |reader: &mut dyn Read| reader.take(bytes_max + 1).read_to_end(&mut unpacked);
        let done = match self {
            Self::Gzip => read(&mut MultiGzDecoder::new(packed)),
            Self::Deflate if has_zlib_header(packed) => read(&mut ZlibDecoder::new(packed)),
            Self::Deflate => read(&mut DeflateDecoder::new(packed)),
        };
        match done {
            Err(_) => Err(Complaint::BadPacking),
            Ok(bytes) if bytes as u64 > bytes_max => Err(Complaint::TooLarge { megabytes }),
            Ok(_) => Ok(unpacked),
        }
    }
}

/// RFC 1950: the method is 8, and both bytes together are a multiple of 31.
fn has_zlib_header(packed: &[u8]) -> bool {
    let first_two = packed.first_chunk::<2>();
    first_two.is_some_and(|bytes| bytes[0] & 15 == 8 && u16::from_be_bytes(*bytes) % 31 == 0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_content_encoding_says() {
        for (value, packing) in [
            ("gzip", Ok(Some(Packing::Gzip))),
            ("X-GZIP", Ok(Some(Packing::Gzip))),
            (" deflate , identity", Ok(Some(Packing::Deflate))),
            ("identity", Ok(None)),
            ("", Ok(None)),
            ("br", Err(Complaint::UnknownPacking)),
            ("gzip, gzip", Err(Complaint::UnknownPacking)),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(Packing::of(&headers), packing, "{value}");
        }
    }
}
