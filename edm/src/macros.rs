//! What generated enumerations and ids expand to: written, tested and documented once.

/// An open enumeration over an integer: members that the model does not know survive a round
/// trip as `Unknown`.
#[macro_export]
macro_rules! int_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident: $repr:ty {
        $($(#[$member_meta:meta])* $member:ident = $value:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$member_meta])* $member,)*
            /// A value that the model does not name.
            Unknown($repr),
        }
        impl $name {
            /// The number on the wire.
            pub const fn value(self) -> $repr {
                match self {
                    $(Self::$member => $value,)*
                    Self::Unknown(value) => value,
                }
            }
            /// The member of a number, or `Unknown`.
            pub const fn from_number(value: $repr) -> Self {
                match value {
                    $($value => Self::$member,)*
                    value => Self::Unknown(value),
                }
            }
        }
        impl ::core::default::Default for $name {
            fn default() -> Self {
                Self::from_number(0)
            }
        }
        $crate::edm_by_number!($name: $repr);
    };
}

/// A set of flags over an integer: a sum of members, in which bits that the model does not know
/// survive a round trip.
#[macro_export]
macro_rules! flags_enum {
    ($(#[$meta:meta])* $vis:vis struct $name:ident: $repr:ty {
        $($(#[$member_meta:meta])* const $member:ident = $value:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        $vis struct $name($repr);
        impl $name {
            $($(#[$member_meta])* pub const $member: Self = Self($value);)*

            /// The number on the wire.
            pub const fn value(self) -> $repr {
                self.0
            }
            /// Any number, known bits or not.
            pub const fn from_number(value: $repr) -> Self {
                Self(value)
            }
            /// Whether all bits of the other are set here.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }
        impl ::core::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
        $crate::edm_by_number!($name: $repr);
    };
}

/// An open enumeration over a string.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$member_meta:meta])* $member:ident = $value:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$member_meta])* $member,)*
            /// A value that the model does not name.
            Unknown(::std::string::String),
        }
        impl $name {
            /// The text on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$member => $value,)*
                    Self::Unknown(text) => text,
                }
            }
        }
        impl ::core::default::Default for $name {
            /// The empty text: what a service has not sent.
            fn default() -> Self {
                Self::Unknown(::std::string::String::new())
            }
        }
        impl ::core::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($value => Self::$member,)*
                    text => Self::Unknown(text.to_owned()),
                }
            }
        }
        $crate::edm_by_text!($name);
    };
}

/// An open enumeration whose values travel by name, as those of a CSDL `EnumType` do: names that
/// the model does not know survive a round trip as `Unknown`. The table tells what numbers mean.
#[macro_export]
macro_rules! named_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident: $table:path {
        $($(#[$member_meta:meta])* $member:ident = $text:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$member_meta])* $member,)*
            /// A member that the model does not name.
            Unknown(::std::string::String),
        }
        impl $name {
            /// The name on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$member => $text,)*
                    Self::Unknown(text) => text,
                }
            }
            /// The number of the member, if the model knows it.
            pub fn number(&self) -> ::core::option::Option<i64> {
                $table.number_of(self.as_str())
            }
        }
        impl ::core::convert::From<&str> for $name {
            /// The member of a name, or of a number.
            fn from(text: &str) -> Self {
                match $table.name_of(text) {
                    $($text => Self::$member,)*
                    text => Self::Unknown(text.to_owned()),
                }
            }
        }
        impl ::core::default::Default for $name {
            /// The member of the number zero; unknown if there is none.
            fn default() -> Self {
                Self::from($table.name_of("0"))
            }
        }
        $crate::edm_by_name!($name, $table);
    };
}

/// A set of flags whose values travel by name: names and bits that the model does not know survive
/// a round trip.
#[macro_export]
macro_rules! named_flags {
    ($(#[$meta:meta])* $vis:vis struct $name:ident: $table:path {
        $($(#[$member_meta:meta])* const $member:ident = $value:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq, Hash)]
        $vis struct $name($crate::FlagSet);
        impl $name {
            $($(#[$member_meta])* pub const $member: Self = Self($crate::FlagSet::of($value));)*

            /// The sum of the members.
            pub const fn number(&self) -> i64 {
                self.0.number()
            }
            /// Any sum, known bits or not.
            pub const fn from_number(number: i64) -> Self {
                Self($crate::FlagSet::of(number))
            }
            /// Whether all members of the other are here, too.
            pub fn contains(&self, other: &Self) -> bool {
                self.0.contains(&other.0)
            }
            /// The names on the wire, with commas.
            pub fn as_str(&self) -> ::std::string::String {
                self.0.print(&$table)
            }
        }
        impl ::core::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0.with(other.0))
            }
        }
        impl ::core::convert::From<&str> for $name {
            /// Names or numbers, with commas.
            fn from(text: &str) -> Self {
                Self($crate::FlagSet::parse(text, &$table))
            }
        }
        impl $crate::Flags for $name {}
        $crate::edm_by_name!($name, $table);
    };
}

/// A typed identifier: a string on the wire, a type of its own in Rust.
#[macro_export]
macro_rules! id_type {
    ($(#[$meta:meta])* $vis:vis struct $name:ident;) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis struct $name(::std::string::String);
        impl $name {
            /// The text on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl ::core::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl ::core::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                Self(text)
            }
        }
        impl ::core::convert::From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }
        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl $crate::Text for $name {}
        $crate::edm_by_text!($name);
    };
}

/// The EDM side of a type that wraps a number.
#[doc(hidden)]
#[macro_export]
macro_rules! edm_by_number {
    ($name:ident: $repr:ty) => {
        impl $crate::Edm for $name {
            fn from_value(value: $crate::Value) -> ::core::result::Result<Self, $crate::TypeError> {
                <$repr as $crate::Edm>::from_value(value).map(Self::from_number)
            }
            fn to_value(&self) -> $crate::Value {
                $crate::Edm::to_value(&self.value())
            }
        }
        $crate::edm_scalar!($name, <$repr as $crate::Scalar>::PRIMITIVE);
    };
}

/// The EDM side of a type that wraps a text.
#[doc(hidden)]
#[macro_export]
macro_rules! edm_by_text {
    ($name:ident) => {
        impl $crate::Edm for $name {
            fn from_value(value: $crate::Value) -> ::core::result::Result<Self, $crate::TypeError> {
                <::std::string::String as $crate::Edm>::from_value(value)
                    .map(|text| Self::from(text.as_str()))
            }
            fn to_value(&self) -> $crate::Value {
                $crate::Value::String(self.as_str().to_owned())
            }
        }
        $crate::edm_scalar!($name, $crate::model::Primitive::String);
    };
}

/// The EDM side of a type whose values travel by name.
#[doc(hidden)]
#[macro_export]
macro_rules! edm_by_name {
    ($name:ident, $table:path) => {
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str().as_ref())
            }
        }
        impl $crate::Edm for $name {
            fn from_value(value: $crate::Value) -> ::core::result::Result<Self, $crate::TypeError> {
                match &value {
                    $crate::Value::String(text) => {
                        ::core::result::Result::Ok(Self::from(text.as_str()))
                    }
                    $crate::Value::Integer(number) => {
                        ::core::result::Result::Ok(Self::from(number.to_string().as_str()))
                    }
                    _ => ::core::result::Result::Err($crate::not_a_member(&$table, &value)),
                }
            }
            fn to_value(&self) -> $crate::Value {
                $crate::Value::String(self.as_str().into())
            }
        }
        impl $crate::NotOption for $name {}
        impl $crate::Operand for $name {
            type Literal = Self;
        }
        impl $crate::Scalar for $name {
            const PRIMITIVE: $crate::model::Primitive = $crate::model::Primitive::String;
            fn to_literal(&self) -> $crate::literal::Literal {
                $crate::enum_literal(&$table, self.as_str().into())
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! edm_scalar {
    ($name:ident, $primitive:expr) => {
        impl $crate::NotOption for $name {}
        impl $crate::Operand for $name {
            type Literal = Self;
        }
        impl $crate::Scalar for $name {
            const PRIMITIVE: $crate::model::Primitive = $primitive;
        }
    };
}

/// `Debug` and `PartialEq` of a generated structured type, by its table: derived, they would take
/// as long to compile as everything else about it.
#[macro_export]
macro_rules! compared_by_table {
    ($name:ident) => {
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::debug_structured(self, f)
            }
        }
        impl ::core::cmp::PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::equal_structured(self, other)
            }
        }
    };
}

/// The EDM side of a generated complex type: a value made of its members.
#[macro_export]
macro_rules! complex_type {
    ($name:ident, $ty:expr) => {
        impl $crate::ComplexType for $name {
            const TYPE: &'static $crate::model::StructuredType = $ty;
        }
        impl $crate::NotOption for $name {}
        impl $crate::Operand for $name {
            type Literal = Self;
        }
        impl $crate::Edm for $name {
            fn from_value(value: $crate::Value) -> ::core::result::Result<Self, $crate::TypeError> {
                $crate::complex_from_value(value)
            }
            fn to_value(&self) -> $crate::Value {
                $crate::Value::Complex($crate::to_members(self))
            }
        }
    };
}
