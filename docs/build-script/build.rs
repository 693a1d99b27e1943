//! Generates the module `garden` from `garden.xml` into cargo's directory for what is built.

use std::path::PathBuf;
use std::{env, error::Error, fs};

use odata_codegen::directory::{Directory, Kind};
use odata_codegen::{Options, Source, Style, generate, render};

const DOCUMENT: &str = "garden.xml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let source = Source { name: DOCUMENT.to_owned(), text: fs::read_to_string(DOCUMENT)? };
    let options = Options { command: "cargo build".to_owned(), ..Options::default() };
    // What is wrong is shown as rustc would show it, with the lines of the document.
    let output = generate(&[source], &[], &options)
        .map_err(|diagnostics| format!("{DOCUMENT}\n{}", render(&diagnostics, Style::Plain)))?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let module = out.join("garden");
    // Files that stay as they are keep their times, so nothing is compiled again for them.
    Directory::new(&module, "garden", Kind::Module).replace(&output.files)?;
    let path = module.join("mod.rs");
    fs::write(out.join("garden.rs"), format!("#[path = {path:?}]\npub mod garden;\n"))?;
    Ok(())
}
