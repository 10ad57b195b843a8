//! Setters of options and requests: one for each field, so that a value is built by what differs
//! from the defaults.
//!
//! In: fields with their types and docs. Out: methods that take a value, change one field and give
//! the value back. Fields stay public; a setter and a struct literal give the same value.

/// Writes setters. Each is `field => KIND name(TYPE)`, where `field` may be a path into a part:
///
/// - `value`: the field becomes the argument;
/// - `some`: the field, an `Option`, becomes `Some` of the argument;
/// - `each`: the items of the argument are added to the field, a list.
///
/// With `_into` behind it, arguments are whatever converts into the type: texts and paths.
macro_rules! setters {
    ($owner:ident: $($(#[$doc:meta])* $($field:ident).+ => $kind:ident $name:ident($value:ty);)*) => {
        impl $owner {
            $($crate::setters::setters! { @$kind $(#[$doc])* $name ($value) $($field).+ })*
        }
    };
    (@value $(#[$doc:meta])* $name:ident ($value:ty) $($field:ident).+) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: $value) -> Self {
            self.$($field).+ = value;
            self
        }
    };
    (@some $(#[$doc:meta])* $name:ident ($value:ty) $($field:ident).+) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: $value) -> Self {
            self.$($field).+ = Some(value);
            self
        }
    };
    (@each $(#[$doc:meta])* $name:ident ($value:ty) $($field:ident).+) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, values: impl IntoIterator<Item = $value>) -> Self {
            self.$($field).+.extend(values);
            self
        }
    };
    (@value_into $(#[$doc:meta])* $name:ident ($value:ty) $($field:ident).+) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: impl Into<$value>) -> Self {
            self.$($field).+ = value.into();
            self
        }
    };
    (@some_into $(#[$doc:meta])* $name:ident ($value:ty) $($field:ident).+) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: impl Into<$value>) -> Self {
            self.$($field).+ = Some(value.into());
            self
        }
    };
    (@each_into $(#[$doc:meta])* $name:ident ($value:ty) $($field:ident).+) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, values: impl IntoIterator<Item = impl Into<$value>>) -> Self {
            self.$($field).+.extend(values.into_iter().map(Into::into));
            self
        }
    };
}

pub(crate) use setters;
