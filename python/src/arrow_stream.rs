//! The struct `ArrowArrayStream` of Arrow's C interface, of one batch.
//!
//! In: a batch. Out: the struct, as a capsule holds it. Whoever takes it from the capsule moves its
//! content and sets `release` to null there, as the interface has it; else it is released with the
//! capsule.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use arrow_data::ArrayData;
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType};

/// The C interface's code of an argument that does not serve.
const EINVAL: c_int = 22;

#[repr(C)]
pub(crate) struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut FFI_ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut FFI_ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    /// A boxed [`Content`] that this owns.
    private_data: *mut c_void,
}

/// What a stream gives.
struct Content {
    schema: FFI_ArrowSchema,
    /// Given at the first call.
    batch: Option<FFI_ArrowArray>,
}

// SAFETY: the content is plain memory that belongs to the stream alone; nothing of it knows
// threads.
unsafe impl Send for Stream {}

impl Stream {
    /// A stream of one batch, whose columns are the children of a struct.
    pub(crate) fn new(batch: &ArrayData) -> Result<Stream, ArrowError> {
        let content =
            Content { schema: FFI_ArrowSchema::try_from(batch.data_type())?, batch: Some(FFI_ArrowArray::new(batch)) };
        Ok(Stream {
            get_schema: Some(get_schema),
            get_next: Some(get_next),
            get_last_error: Some(get_last_error),
            release: Some(release),
            private_data: Box::into_raw(Box::new(content)).cast(),
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: `self` is a stream that was not released, since `release` is there.
            unsafe { release(self) }
        }
    }
}

/// The content of a stream that was not released.
///
/// # Safety
/// `stream` is null, or points to a stream that `Stream::new` made and nobody else uses now.
unsafe fn content<'a>(stream: *mut Stream) -> Option<&'a mut Content> {
    // SAFETY: the caller says that it is null or points to a stream.
    let stream = unsafe { stream.as_ref() }?;
    // SAFETY: until it is released, `private_data` is the box that `new` made; then it is null.
    unsafe { stream.private_data.cast::<Content>().as_mut() }
}

unsafe extern "C" fn get_schema(stream: *mut Stream, out: *mut FFI_ArrowSchema) -> c_int {
    // SAFETY: the interface calls this with the stream that holds this function.
    let Some(content) = (unsafe { content(stream) }) else { return EINVAL };
    let copy = DataType::try_from(&content.schema).and_then(|kind| FFI_ArrowSchema::try_from(&kind));
    let Ok(copy) = copy else { return EINVAL };
    // SAFETY: the interface gives a place for a schema, whose content means nothing yet.
    unsafe { ptr::write(out, copy) };
    0
}

unsafe extern "C" fn get_next(stream: *mut Stream, out: *mut FFI_ArrowArray) -> c_int {
    // SAFETY: as in `get_schema`.
    let Some(content) = (unsafe { content(stream) }) else { return EINVAL };
    // An array that is released already says that there are no more.
    let next = content.batch.take().unwrap_or_else(FFI_ArrowArray::empty);
    // SAFETY: the interface gives a place for an array, whose content means nothing yet.
    unsafe { ptr::write(out, next) };
    0
}

unsafe extern "C" fn get_last_error(_: *mut Stream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn release(stream: *mut Stream) {
    // SAFETY: as in `get_schema`.
    let Some(stream) = (unsafe { stream.as_mut() }) else { return };
    let content = stream.private_data.cast::<Content>();
    (stream.release, stream.private_data) = (None, ptr::null_mut());
    if !content.is_null() {
        // SAFETY: the box that `new` made, taken out of the stream just now, so that this happens
        // once.
        drop(unsafe { Box::from_raw(content) });
    }
}
