//! Compresses pages. All columns of a reader share one context, which takes more memory than a small page does.

use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::basic::{Compression as Codec, ZstdLevel};
use ::parquet::column::page::{CompressedPage, Page};
use ::parquet::errors::{ParquetError, Result};

use super::options::Compression;

/// The compression of the pages of one reader. Cloning shares it.
#[derive(Clone)]
pub struct PageCompressor(Arc<Mutex<Context>>);

enum Context {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl PageCompressor {
    /// Creates the context.
    ///
    /// # Panics
    ///
    /// If the library has no memory for it.
    pub fn new(compression: Compression) -> Self {
        let context = match compression {
            Compression::None => Context::None,
            Compression::Snappy => Context::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::Zstd(level) => {
                let level = level.unwrap_or(ZstdLevel::default().compression_level());
                Context::Zstd(zstd::bulk::Compressor::new(level).expect("memory for a context"))
            }
        };
        Self(Arc::new(Mutex::new(context)))
    }

    /// Compresses a page.
    pub fn compress(&self, page: CompressedPage) -> Result<CompressedPage> {
        let plain = page.data();
        let packed = match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Context::None => return Ok(page),
            Context::Snappy(encoder) => {
                encoder.compress_vec(plain).map_err(|error| ParquetError::External(error.into()))?
            }
            Context::Zstd(compressor) => compressor.compress(plain)?,
        };
        let size = page.uncompressed_size();
        let packed = match page.compressed_page() {
            Page::DataPage {
                num_values,
                encoding,
                def_level_encoding,
                rep_level_encoding,
                statistics,
                ..
            } => Page::DataPage {
                buf: packed.into(),
                num_values: *num_values,
                encoding: *encoding,
                def_level_encoding: *def_level_encoding,
                rep_level_encoding: *rep_level_encoding,
                statistics: statistics.clone(),
            },
            Page::DictionaryPage { num_values, encoding, is_sorted, .. } => Page::DictionaryPage {
                buf: packed.into(),
                num_values: *num_values,
                encoding: *encoding,
                is_sorted: *is_sorted,
            },
            Page::DataPageV2 { .. } => return Err(ParquetError::General("a page of version 2".to_owned())),
        };
        Ok(CompressedPage::new(packed, size))
    }
}

/// Returns the codec that the footer names.
pub fn of_footer(compression: Compression) -> Result<Codec> {
    Ok(match compression {
        Compression::None => Codec::UNCOMPRESSED,
        Compression::Snappy => Codec::SNAPPY,
        Compression::Zstd(level) => Codec::ZSTD(level.map_or(Ok(ZstdLevel::default()), ZstdLevel::try_new)?),
    })
}
