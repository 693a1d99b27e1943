//! The model as static tables. They are cyclic, as the model is: tables refer to each other by
//! address.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use crate::emit::{Item, docs, types};
use crate::model::{
    Access, EnumType, IdType, MemberValue, Model, Multiplicity, Navigation, Operation,
    OperationKind, Primitive, Property, StructuredType, Type,
};
use crate::names::{Names, OperationNames, TypeNames};
use crate::plan::Block;

/// Every table, `MODEL` first.
pub(crate) fn items(model: &Model, names: &Names) -> Vec<Item> {
    let tables = Tables { names };
    let mut items = vec![tables.model(model)];
    let entities = model.entity_types.iter().zip(&names.entity_types);
    let complexes = model.complex_types.iter().zip(&names.complex_types);
    for (ty, type_names) in entities.chain(complexes) {
        items.push(tables.structured_type(ty, type_names));
        for (operation, operation_names) in ty.operations.iter().zip(&type_names.operations) {
            items.push(tables.operation(operation, operation_names));
        }
    }
    let unbound =
        model.containers.iter().flat_map(|c| &c.operations).zip(&names.container.operations);
    items.extend(unbound.map(|(operation, names)| tables.operation(operation, names)));
    let enums = model.enum_types.iter().zip(&names.enum_types);
    items.extend(enums.map(|(ty, names)| enum_type(ty, &names.ty, &names.table)));
    let ids = model.id_types.iter().zip(&names.id_types);
    items.extend(ids.map(|(ty, names)| id_type(ty, &names.ty, &names.table)));
    items.into_iter().map(Item::Tokens).collect()
}

struct Tables<'a> {
    names: &'a Names,
}

impl Tables<'_> {
    fn model(&self, model: &Model) -> TokenStream {
        let namespace = &model.namespace;
        let container = model.containers.first().map_or("", |c| c.label.name.as_str());
        let entity_types = self.names.entity_types.iter().map(|names| &names.table);
        let complex_types = self.names.complex_types.iter().map(|names| &names.table);
        let enum_types = self.names.enum_types.iter().map(|names| &names.table);
        let operations = self.names.container.operations.iter().map(|names| &names.table);
        let sets = model.containers.iter().flat_map(|c| &c.entity_sets).map(|set| {
            let name = &set.label.name;
            let table = &self.names.entity_types[set.entity_type.0].table;
            let crate::model::Allow { list, get, create, update, delete } = set.allow;
            let since = types::option(set.label.since.as_ref());
            quote! {
                edm::model::EntitySet {
                    name: #name,
                    entity_type: &#table,
                    allow: edm::model::Allow {
                        list: #list,
                        get: #get,
                        create: #create,
                        update: #update,
                        delete: #delete,
                    },
                    since: #since,
                }
            }
        });
        let doc = text(format!("The model of `{container}`."));
        quote! {
            #doc
            pub static MODEL: edm::model::Model = edm::model::Model {
                namespace: #namespace,
                container: #container,
                entity_types: &[#(&#entity_types),*],
                complex_types: &[#(&#complex_types),*],
                enum_types: &[#(&#enum_types),*],
                entity_sets: &[#(#sets),*],
                operations: &[#(&#operations),*],
                ..edm::model::Model::NEW
            };
        }
    }

    fn structured_type(&self, ty: &StructuredType, names: &TypeNames) -> TokenStream {
        let table = &names.table;
        let doc = text(format!("The table of [`{0}`](super::{0}).", names.ty));
        let (name, namespace) = (&ty.label.name, &ty.namespace);
        let key = ty.key.iter().map(|part| &ty.properties[part.path[0]].label.name);
        let properties = ty.properties.iter().map(|property| self.property(property));
        let navigation = ty.navigation.iter().map(|navigation| self.navigation(navigation));
        let operations = names.operations.iter().map(|names| &names.table);
        let since = types::option(ty.label.since.as_ref());
        quote! {
            #doc
            pub static #table: edm::model::StructuredType = edm::model::StructuredType {
                name: #name,
                namespace: #namespace,
                key: &[#(#key),*],
                properties: &[#(#properties),*],
                navigation: &[#(#navigation),*],
                operations: &[#(&#operations),*],
                since: #since,
                ..edm::model::StructuredType::NEW
            };
        }
    }

    fn property(&self, property: &Property) -> TokenStream {
        let Property { nullable, required, .. } = property;
        let name = &property.label.name;
        let ty = self.ty(&property.ty);
        let access = access(property.access);
        let max_length = types::option(property.max_length.map(Literal::u32_unsuffixed));
        let since = types::option(property.label.since.as_ref());
        quote! {
            edm::model::Property {
                name: #name,
                ty: #ty,
                nullable: #nullable,
                access: #access,
                required: #required,
                max_length: #max_length,
                since: #since,
            }
        }
    }

    fn navigation(&self, navigation: &Navigation) -> TokenStream {
        let name = &navigation.label.name;
        let target = &self.names.entity_types[navigation.target.0].table;
        let many = navigation.multiplicity == Multiplicity::Many;
        let links = navigation.links;
        let access = access(navigation.access);
        let since = types::option(navigation.label.since.as_ref());
        quote! {
            edm::model::Navigation {
                name: #name,
                target: &#target,
                many: #many,
                access: #access,
                links: #links,
                since: #since,
            }
        }
    }

    fn operation(&self, operation: &Operation, names: &OperationNames) -> TokenStream {
        let table = &names.table;
        let doc = text(format!("The operation `{}`.", operation.label.name));
        let (name, method) = (&operation.label.name, operation.method);
        let kind = match operation.kind {
            OperationKind::Action => quote!(Action),
            OperationKind::Function => quote!(Function),
            OperationKind::Service => quote!(Service),
        };
        let parameters = operation.parameters.iter().map(|parameter| {
            let (name, nullable) = (&parameter.label.name, parameter.nullable);
            let ty = self.ty(&parameter.ty);
            quote!(edm::model::Parameter { name: #name, ty: #ty, nullable: #nullable })
        });
        let result = types::option(operation.result.as_ref().map(|result| self.ty(result)));
        let since = types::option(operation.label.since.as_ref());
        quote! {
            #doc
            pub static #table: edm::model::Operation = edm::model::Operation {
                name: #name,
                kind: edm::model::OperationKind::#kind,
                method: #method,
                parameters: &[#(#parameters),*],
                result: #result,
                since: #since,
            };
        }
    }

    fn ty(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::Primitive(primitive) => {
                let primitive = self::primitive(*primitive);
                quote!(edm::model::Type::Primitive(#primitive))
            }
            Type::Id(id) => {
                let table = &self.names.id_types[id.0].table;
                quote!(edm::model::Type::Id(&#table))
            }
            Type::Enum(id) => {
                let table = &self.names.enum_types[id.0].table;
                quote!(edm::model::Type::Enum(&#table))
            }
            Type::Complex(id) => {
                let table = &self.names.complex_types[id.0].table;
                quote!(edm::model::Type::Complex(&#table))
            }
            Type::Entity(id) => {
                let table = &self.names.entity_types[id.0].table;
                quote!(edm::model::Type::Entity(&#table))
            }
            // Resolved by what is planned; a name for a primitive has no table.
            Type::Definition(_) => {
                quote!(edm::model::Type::Primitive(edm::model::Primitive::String))
            }
            Type::Collection(item) => {
                let item = self.ty(item);
                quote!(edm::model::Type::Collection(&#item))
            }
        }
    }
}

fn text(text: String) -> TokenStream {
    docs::attributes(&vec![Block::Own(text)])
}

fn primitive(primitive: Primitive) -> TokenStream {
    let name = Ident::new(primitive.short_name(), proc_macro2::Span::call_site());
    quote!(edm::model::Primitive::#name)
}

fn access(access: Access) -> TokenStream {
    match access {
        Access::ReadOnly => quote!(edm::model::Access::ReadOnly),
        Access::Create => quote!(edm::model::Access::Create),
        Access::Update => quote!(edm::model::Access::Update),
    }
}

fn enum_type(ty: &EnumType, name: &Ident, table: &Ident) -> TokenStream {
    let doc = text(format!("The table of [`{name}`](super::{name})."));
    let (wire, is_flags) = (&ty.label.name, ty.is_flags);
    let underlying = primitive(ty.underlying);
    let members = ty.members.iter().map(|member| {
        let name = &member.name;
        match &member.value {
            MemberValue::Integer(value) => {
                let value = Literal::i64_unsuffixed(*value);
                quote!((#name, #value))
            }
            MemberValue::Text(value) => quote!((#name, #value)),
        }
    });
    let kind = match ty.underlying.range() {
        Some(_) => quote!(Integer),
        None => quote!(Text),
    };
    quote! {
        #doc
        pub static #table: edm::model::EnumType = edm::model::EnumType {
            name: #wire,
            by_name: false,
            underlying: #underlying,
            is_flags: #is_flags,
            members: edm::model::Members::#kind(&[#(#members),*]),
            ..edm::model::EnumType::NEW
        };
    }
}

fn id_type(ty: &IdType, name: &Ident, table: &Ident) -> TokenStream {
    let doc = text(format!("The table of [`{name}`](super::{name})."));
    let wire = &ty.label.name;
    let prefix = types::option(ty.prefix.as_ref());
    quote! {
        #doc
        pub static #table: edm::model::IdType =
            edm::model::IdType { name: #wire, prefix: #prefix };
    }
}
