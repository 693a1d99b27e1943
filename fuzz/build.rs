//! Generates the types that payloads are read into.

use std::path::PathBuf;
use std::{env, error::Error, fs};

use odata_codegen::directory::{Directory, Kind};
use odata_codegen::{Options, Source, generate};

const DOCUMENT: &str = "everything.xml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let source = Source { name: DOCUMENT.to_owned(), text: fs::read_to_string(DOCUMENT)? };
    let output = generate(&[source], &[], &Options::default())?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let module = out.join("everything");
    Directory::new(&module, "everything", Kind::Module).replace(&output.files)?;
    let path = module.join("mod.rs");
    fs::write(out.join("everything.rs"), format!("#[path = {path:?}]\npub mod everything;\n"))?;
    Ok(())
}
