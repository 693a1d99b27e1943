//! The operators and functions of the protocol, for everything that can be an operand.

use super::{Dated, Filter, Flags, Number, Order, Path, Term, Timed};
use crate::filter::{BinaryOp, Expr, TypeFunction};
use crate::literal::Literal;
use crate::model::Primitive;
use crate::{Date, DateTimeOffset, Decimal, Operand, Property, Scalar, Shape, Text, TimeOfDay};

fn compare<E>(op: BinaryOp, left: Expr, right: Expr) -> Filter<E> {
    Filter::new(Expr::binary(op, left, right))
}

fn integer(number: u32) -> Expr {
    Expr::Literal(Literal::new(i64::from(number).into(), Primitive::Int32))
}

macro_rules! comparisons {
    ($($name:ident $name_to:ident $op:ident $text:literal;)*) => {$(
        #[doc = concat!("`", $text, "` a value.")]
        pub fn $name(self, value: impl Into<T::Literal>) -> Filter<E> {
            let value = Expr::Literal(value.into().to_literal());
            compare(BinaryOp::$op, self.into_expr(), value)
        }
        #[doc = concat!("`", $text, "` another operand of the same type.")]
        pub fn $name_to<U: Operand<Literal = T::Literal>>(
            self,
            other: impl Into<Term<E, U>>,
        ) -> Filter<E> {
            compare(BinaryOp::$op, self.into_expr(), other.into().into_expr())
        }
    )*};
}

macro_rules! arithmetic {
    ($($name:ident $op:ident $text:literal;)*) => {$(
        #[doc = concat!("`", $text, "` a number.")]
        pub fn $name(self, number: impl Into<T::Literal>) -> Term<E, T> {
            let number = Expr::Literal(number.into().to_literal());
            Term::new(Expr::binary(BinaryOp::$op, self.into_expr(), number))
        }
    )*};
}

/// Functions of one operand.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident -> $ty:ty = $function:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(self) -> Term<E, $ty> {
            Term::new(Expr::call($function, [self.into_expr()]))
        }
    )*};
}

macro_rules! operand {
    ([$($access:ident)?] $ty:ty, $optional:ty) => {
        impl<E, T $(, $access)?> $ty {
            /// Orders by this, smallest first.
            pub fn asc(self) -> Order<E> {
                Order::new(self.into_expr(), false)
            }
            /// Orders by this, largest first.
            pub fn desc(self) -> Order<E> {
                Order::new(self.into_expr(), true)
            }
            /// The value as one of another type: `cast`.
            pub fn cast<U: Scalar>(self) -> Term<E, U> {
                let operand = Some(Box::new(self.into_expr()));
                Term::new(Expr::Type(TypeFunction::Cast, operand, U::PRIMITIVE.name().to_owned()))
            }
        }

        impl<E, T $(, $access)?> $optional {
            /// There is no value.
            pub fn is_null(self) -> Filter<E> {
                compare(BinaryOp::Eq, self.into_expr(), Expr::null())
            }
            /// There is a value.
            pub fn is_not_null(self) -> Filter<E> {
                compare(BinaryOp::Ne, self.into_expr(), Expr::null())
            }
        }

        impl<E, T: Operand<Literal: Scalar> $(, $access)?> $ty {
            comparisons! {
                eq eq_to Eq "eq";
                ne ne_to Ne "ne";
                gt gt_to Gt "gt";
                ge ge_to Ge "ge";
                lt lt_to Lt "lt";
                le le_to Le "le";
            }
            /// One of these values: `in`, or a chain of `eq` where the version has no `in`.
            pub fn in_<V: Into<T::Literal>>(
                self,
                values: impl IntoIterator<Item = V>,
            ) -> Filter<E> {
                let literal = |value: V| Expr::Literal(value.into().to_literal());
                let list = Expr::List(values.into_iter().map(literal).collect());
                compare(BinaryOp::In, self.into_expr(), list)
            }
        }

        impl<E, T: Operand<Literal: Text> $(, $access)?> $ty {
            /// The text starts with this.
            pub fn starts_with(self, text: &str) -> Filter<E> {
                Filter::new(Expr::call("startswith", [self.into_expr(), Expr::text(text)]))
            }
            /// The text ends with this.
            pub fn ends_with(self, text: &str) -> Filter<E> {
                Filter::new(Expr::call("endswith", [self.into_expr(), Expr::text(text)]))
            }
            /// The text has this in it: `contains`, or `substringof` up to V3.
            pub fn contains(self, text: &str) -> Filter<E> {
                Filter::new(Expr::call("contains", [self.into_expr(), Expr::text(text)]))
            }
            /// The text matches a regular expression of ECMAScript; V4.01.
            pub fn matches_pattern(self, pattern: &str) -> Filter<E> {
                Filter::new(Expr::call("matchesPattern", [self.into_expr(), Expr::text(pattern)]))
            }
            /// Where this starts in the text, from 0; -1 if it is not in it.
            pub fn index_of(self, text: &str) -> Term<E, i32> {
                Term::new(Expr::call("indexof", [self.into_expr(), Expr::text(text)]))
            }
            /// The text and another one behind it.
            pub fn concat(self, text: &str) -> Term<E, String> {
                Term::new(Expr::call("concat", [self.into_expr(), Expr::text(text)]))
            }
            /// The text with each occurrence of one text replaced by another; V2 and V3.
            pub fn replace(self, text: &str, by: &str) -> Term<E, String> {
                let arguments = [self.into_expr(), Expr::text(text), Expr::text(by)];
                Term::new(Expr::call("replace", arguments))
            }
            /// The text from a character on, counted from 0.
            pub fn substring(self, start: u32) -> Term<E, String> {
                Term::new(Expr::call("substring", [self.into_expr(), integer(start)]))
            }
            /// At most so many characters of the text, from one on that is counted from 0.
            pub fn substring_of(self, start: u32, length: u32) -> Term<E, String> {
                let arguments = [self.into_expr(), integer(start), integer(length)];
                Term::new(Expr::call("substring", arguments))
            }
            functions! {
                /// The number of characters.
                length -> i32 = "length";
                /// The text in lower case.
                to_lower -> String = "tolower";
                /// The text in upper case.
                to_upper -> String = "toupper";
                /// The text without spaces at its ends.
                trim -> String = "trim";
            }
        }

        impl<E, T: Operand<Literal: Number> $(, $access)?> $ty {
            arithmetic! {
                plus Add "add";
                minus Sub "sub";
                times Mul "mul";
                divided_by Div "div";
                modulo Mod "mod";
            }
            /// The number with the other sign.
            pub fn negated(self) -> Term<E, T> {
                Term::new(Expr::Negate(Box::new(self.into_expr())))
            }
            functions! {
                /// The nearest whole number.
                round -> T = "round";
                /// The next whole number below.
                floor -> T = "floor";
                /// The next whole number above.
                ceiling -> T = "ceiling";
            }
        }

        impl<E, T: Operand<Literal: Dated> $(, $access)?> $ty {
            functions! {
                /// The year.
                year -> i32 = "year";
                /// The month, from 1.
                month -> i32 = "month";
                /// The day of the month, from 1.
                day -> i32 = "day";
            }
        }

        impl<E, T: Operand<Literal: Timed> $(, $access)?> $ty {
            functions! {
                /// The hour, from 0.
                hour -> i32 = "hour";
                /// The minute, from 0.
                minute -> i32 = "minute";
                /// The second, from 0.
                second -> i32 = "second";
                /// What is smaller than a second; V4.
                fractional_seconds -> Decimal = "fractionalseconds";
            }
        }

        impl<E, T: Operand<Literal = DateTimeOffset> $(, $access)?> $ty {
            functions! {
                /// The day; V4.
                date -> Date = "date";
                /// The time of day; V4.
                time -> TimeOfDay = "time";
                /// The offset from UTC; V4.
                total_offset_minutes -> i32 = "totaloffsetminutes";
            }
        }

        impl<E, T: Operand<Literal: Flags> $(, $access)?> $ty {
            /// All of these flags are set; V4.
            pub fn has(self, flags: impl Into<T::Literal>) -> Filter<E> {
                let flags = Expr::Literal(flags.into().to_literal());
                compare(BinaryOp::Has, self.into_expr(), flags)
            }
        }

        impl<E, T: Operand<Literal: Shape> $(, $access)?> $ty {
            /// The distance to a point: in meters on the earth.
            pub fn distance(self, point: &T::Literal) -> Term<E, f64> {
                Term::new(Expr::call("geo.distance", [self.into_expr(), shape(point)]))
            }
            /// Whether a point lies in a polygon.
            pub fn intersects(self, polygon: &T::Literal) -> Filter<E> {
                Filter::new(Expr::call("geo.intersects", [self.into_expr(), shape(polygon)]))
            }
            functions! {
                /// The length of a line: in meters on the earth; V4.
                geo_length -> f64 = "geo.length";
            }
        }
    };
}
operand!([A] Property<E, T, A>, Property<E, Option<T>, A>);
operand!([] Path<E, T>, Path<E, Option<T>>);
operand!([] Term<E, T>, Term<E, Option<T>>);

fn shape<S: Shape>(shape: &S) -> Expr {
    Expr::Literal(Literal::new(shape.to_value(), S::PRIMITIVE))
}

macro_rules! truth {
    ([$($access:ident)?] $ty:ty) => {
        impl<E, T: Operand<Literal = bool> $(, $access)?> $ty {
            /// The value itself as a filter.
            pub fn is_true(self) -> Filter<E> {
                Filter::new(self.into_expr())
            }
        }
    };
}
truth!([A] Property<E, T, A>);
truth!([] Path<E, T>);
truth!([] Term<E, T>);
