//! The tables, made from the model: a table for each entity set, a column for each property.
//!
//! Names come from the model that was compiled in, never from a request. A model that has grown
//! since the database was made gets its new tables and columns added.

use edm::model::{EntitySet, Model, Primitive, Property};

/// Tables that are not entity sets: links between entities, and leases on tasks.
pub(super) const FIXED: &str = "
    CREATE TABLE IF NOT EXISTS link (
        source_set TEXT NOT NULL,
        source_key TEXT NOT NULL,
        navigation TEXT NOT NULL,
        position INTEGER NOT NULL,
        target_set TEXT NOT NULL,
        target_key TEXT NOT NULL,
        PRIMARY KEY (source_set, source_key, navigation, position)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS link_target ON link (target_set, target_key);
    CREATE TABLE IF NOT EXISTS lease (
        task_key TEXT PRIMARY KEY NOT NULL,
        worker TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        until INTEGER NOT NULL
    ) WITHOUT ROWID;";

/// Properties that clients filter by: a filter on them must not read the whole table.
const INDEXED: &[&str] = &["Name", "State", "ParentAssetId", "AssetId", "AccessPolicyId"];

/// Statements that make what is not there yet. `columns` tells the columns a table has already,
/// none if there is no such table.
pub(super) fn statements(
    model: &'static Model,
    columns: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let mut statements = Vec::new();
    for set in model.entity_sets {
        let existing = columns(set.name);
        if existing.is_empty() {
            statements.push(create_table(set));
        } else {
            let missing = |property: &&Property| !existing.iter().any(|c| c == property.name);
            for property in set.entity_type.properties.iter().filter(missing) {
                let column = format!("{} {}", quote(property.name), column_type(property));
                statements.push(format!("ALTER TABLE {} ADD COLUMN {column}", quote(set.name)));
            }
        }
        for property in INDEXED.iter().filter(|name| set.entity_type.property(name).is_some()) {
            statements.push(format!(
                "CREATE INDEX IF NOT EXISTS \"{0}_{property}\" ON {1} ({2})",
                set.name,
                quote(set.name),
                quote(property)
            ));
        }
    }
    statements
}

fn create_table(set: &EntitySet) -> String {
    let ty = set.entity_type;
    let columns: Vec<_> = ty
        .properties
        .iter()
        .map(|property| format!("{} {}", quote(property.name), column_type(property)))
        .collect();
    let key: Vec<_> = ty.key.iter().map(|name| quote(name)).collect();
    // `seq` is the order of creation: the order of every page that is not ordered otherwise.
    format!(
        "CREATE TABLE {} (seq INTEGER PRIMARY KEY AUTOINCREMENT, {}, UNIQUE ({}))",
        quote(set.name),
        columns.join(", "),
        key.join(", ")
    )
}

/// Times are ticks, so that they compare; what is not a number is text, JSON where it is structured.
fn column_type(property: &Property) -> &'static str {
    match property.ty.primitive() {
        Some(
            Primitive::Boolean
            | Primitive::Byte
            | Primitive::SByte
            | Primitive::Int16
            | Primitive::Int32
            | Primitive::Int64
            | Primitive::DateTime
            | Primitive::Time,
        ) => "INTEGER",
        Some(Primitive::Double | Primitive::Single) => "REAL",
        Some(Primitive::Binary) => "BLOB",
        _ => "TEXT",
    }
}

/// An identifier of the model, quoted for SQL.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
