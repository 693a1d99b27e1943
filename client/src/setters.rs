//! The steps by which the bodies of inserts and updates are built: those of [`edm::Insert`] and
//! [`edm::Update`], on the request itself.

macro_rules! setters {
    ($name:ident, $body:ident, $access:ident) => {
        impl<E: edm::EntityType> $name<E> {
            /// Sets a property. What is not set is not sent.
            pub fn set<T: edm::Operand, A: edm::$access>(
                mut self,
                property: edm::Property<E, T, A>,
                value: impl Into<T::Literal>,
            ) -> Self {
                self.body = self.body.set(property, value);
                self
            }

            /// Sets some members of a complex value; what is not set in it is not sent.
            pub fn patch<T: edm::Operand<Literal: edm::ComplexType>, A: edm::$access>(
                mut self,
                property: edm::Property<E, T, A>,
                part: edm::$body<T::Literal>,
            ) -> Self {
                self.body = self.body.patch(property, part);
                self
            }

            /// Sets a complex property to a value of a type that is derived from the declared one;
            /// the value names its type. [`edm::Extra::downcast`] reads it back.
            pub fn set_derived<T, D, A: edm::$access>(
                mut self,
                property: edm::Property<E, T, A>,
                value: &D,
            ) -> Self
            where
                T: edm::Operand<Literal: edm::ComplexType>,
                D: edm::ComplexType + edm::DerivedFrom<T::Literal>,
            {
                self.body = self.body.set_derived(property, value);
                self
            }

            /// Sets a property that the type does not declare; the type must be open.
            pub fn set_dynamic(
                mut self,
                name: impl Into<std::borrow::Cow<'static, str>>,
                value: impl Into<edm::Value>,
            ) -> Self {
                self.body = self.body.set_dynamic(name, value);
                self
            }

            /// Sets a nullable property to null, which is not the same as leaving it out.
            pub fn clear<T, A: edm::$access>(
                mut self,
                property: edm::Property<E, Option<T>, A>,
            ) -> Self {
                self.body = self.body.clear(property);
                self
            }

            /// Links an existing entity; the order of calls is kept.
            pub fn bind<T, A: edm::$access>(
                mut self,
                navigation: edm::Navigation<E, edm::Many<T>, A>,
                entity: &edm::EntityPath<T>,
            ) -> Self {
                self.body = self.body.bind(navigation, entity);
                self
            }

            /// Links the existing entity that a navigation property to one leads to.
            pub fn bind_one<T, A: edm::$access>(
                mut self,
                navigation: edm::Navigation<E, edm::One<T>, A>,
                entity: &edm::EntityPath<T>,
            ) -> Self {
                self.body = self.body.bind_one(navigation, entity);
                self
            }
        }
    };
}
pub(crate) use setters;
