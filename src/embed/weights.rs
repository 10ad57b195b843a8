//! Untrusted safetensors in, `f32` tensors of the expected shapes out.
//!
//! Nothing is allocated before the header fits into the file, its tensors fill the data without gap
//! or overlap, and every tensor that the model needs has the shape that config.json promises: a 1
//! KB file can't ask for 1 TB. Tensors are then read one at a time straight into their final
//! buffer, so loading peaks at the weights themselves and not at twice that, as reading the whole
//! file first would. Format: <https://huggingface.co/docs/safetensors>.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::files::{damaged, damaged_by, open};
use crate::{Error, Result};

/// all-MiniLM's header has 10 KB; a model of a thousand layers would have 2 MB.
const MAX_HEADER: u64 = 16 << 20;

/// Bytes converted at a time while a tensor is read.
const CHUNK: usize = 1 << 18;

/// A tensor that the model needs: any of its names, and its shape.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Names under which it may stand, the canonical one first.
    pub names: Vec<String>,
    /// The shape that the configuration asks for.
    pub shape: Vec<usize>,
}

/// An opened weights file: header checked, data unread.
pub(super) struct Weights {
    path: PathBuf,
    file: File,
    data_start: u64,
    header: Metadata,
}

impl Weights {
    /// Opens a file and checks its header against its length.
    pub(super) fn open(path: &Path) -> Result<Weights> {
        let mut file = open(path)?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        let mut prefix = [0; 8];
        if length < 8 {
            return Err(damaged(path, format!("is cut: {length} bytes are too few for a safetensors header")));
        }
        file.read_exact(&mut prefix).map_err(Error::io(path))?;
        let header_length = u64::from_le_bytes(prefix);
        if header_length > MAX_HEADER || header_length > length - 8 {
            let reason =
                format!("is no safetensors file or is cut: a header of {header_length} bytes, {length} in all");
            return Err(damaged(path, reason));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(Error::io(path))?;
        let header: Metadata = serde_json::from_slice(&header)
            .map_err(|e| damaged_by(path, "has a header that is not valid safetensors", e))?;
        let data_start = 8 + header_length;
        let promised = data_start.saturating_add(header.data_len() as u64);
        if promised != length {
            let reason = format!("is cut or damaged: its header speaks of {promised} bytes, the file has {length}");
            return Err(damaged(path, reason));
        }
        Ok(Weights { path: path.to_owned(), file, data_start, header })
    }

    /// Checks name, shape and dtype of a tensor that will be read.
    pub(super) fn check(&self, expected: &Expected) -> Result<()> {
        self.find(expected).map(|_| ())
    }

    fn find<'a>(&'a self, expected: &'a Expected) -> Result<(&'a str, &'a TensorInfo)> {
        let Expected { names, shape } = expected;
        let found = names.iter().find_map(|name| self.header.info(name).map(|info| (name.as_str(), info)));
        let Some((name, info)) = found else {
            return Err(damaged(&self.path, format!("lacks the tensor {} of shape {shape:?}", names.join(" or "))));
        };
        if &info.shape != shape {
            let reason = format!("tensor {name} has the shape {:?}, the configuration asks for {shape:?}", info.shape);
            return Err(damaged(&self.path, reason));
        }
        if width(info.dtype).is_none() {
            let reason = format!("tensor {name} has the dtype {:?}; Relata reads F32, F16 and BF16", info.dtype);
            return Err(damaged(&self.path, reason));
        }
        Ok((name, info))
    }

    /// Reads one tensor, row-major. F16 and BF16 become `f32`, which is exact. NaN and infinities
    /// are refused.
    pub(super) fn read(&mut self, expected: &Expected) -> Result<Vec<f32>> {
        let (name, info) = self.find(expected)?;
        let (name, dtype) = (name.to_owned(), info.dtype);
        let (start, end) = info.data_offsets;
        self.file.seek(SeekFrom::Start(self.data_start + start as u64)).map_err(Error::io(&self.path))?;
        let width = width(dtype).unwrap_or(4);
        let mut values = Vec::with_capacity((end - start) / width);
        let mut buffer = vec![0; CHUNK.min(end - start)];
        let mut left = end - start;
        while left > 0 {
            let chunk = &mut buffer[..CHUNK.min(left)];
            self.file.read_exact(chunk).map_err(Error::io(&self.path))?;
            decode(chunk, dtype, &mut values);
            left -= chunk.len();
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(damaged(&self.path, format!("tensor {name} holds values that are not finite")));
        }
        Ok(values)
    }
}

/// Bytes of a value of the dtypes that are read. All divide [`CHUNK`].
fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        _ => None,
    }
}

fn decode(bytes: &[u8], dtype: Dtype, into: &mut Vec<f32>) {
    match dtype {
        Dtype::F16 => into.extend(bytes.chunks_exact(2).map(|b| half(u16::from_le_bytes([b[0], b[1]])))),
        Dtype::BF16 => into.extend(bytes.chunks_exact(2).map(|b| f32::from_le_bytes([0, 0, b[0], b[1]]))),
        _ => into.extend(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
    }
}

/// IEEE 754 binary16 to binary32, exact.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (u32::from(bits >> 10 & 31), u32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction as f32 / 16_777_216.0, // subnormal: fraction / 2^24
        31 if fraction == 0 => f32::INFINITY,
        31 => f32::NAN,
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_decode_exactly() {
        let values =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_95), (0x0001, 5.960_464_5e-8), (0x7bff, 65_504.0)];
        for (bits, value) in values {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
        assert_eq!(half(0x8000).to_bits(), (-0.0f32).to_bits());
        let mut values = Vec::new();
        decode(&[0x80, 0x3f, 0x49, 0xc0], Dtype::BF16, &mut values);
        decode(&[0x00, 0xb8], Dtype::F16, &mut values);
        assert_eq!(values, [1.0, -3.140_625, -0.5]);
    }

    #[test]
    fn a_tensor_longer_than_a_chunk_comes_whole() {
        let values: Vec<f32> = (0..3 * CHUNK / 8 + 5).map(|n| n as f32).collect();
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let header =
            format!(r#"{{"a":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{}]}}}}"#, values.len(), bytes.len());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes].concat();
        std::fs::write(&path, file).unwrap();
        let expected = Expected { names: vec!["b".into(), "a".into()], shape: vec![values.len()] };
        assert_eq!(Weights::open(&path).unwrap().read(&expected).unwrap(), values);
    }
}
