//! Generates a client of each service from its document in `metadata`, as anyone can do in a build
//! script of their own.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use odata_codegen::directory::{Directory, Kind};
use odata_codegen::{Options, Source, Style, generate, render};

/// The documents, which are the modules, too.
const SERVICES: [&str; 4] = ["azurite", "cap_v2", "cap_v4", "odatapy"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not returned: `main` would print it on one line.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=metadata");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut modules = String::new();
    for service in SERVICES {
        let module = out.join(service);
        write_module(service, &module)?;
        let root = module.join("mod.rs");
        writeln!(modules, "#[path = {root:?}]\npub mod {service};")?;
    }
    fs::write(out.join("clients.rs"), modules)?;
    Ok(())
}

/// Generates the module of a service.
fn write_module(service: &str, module: &Path) -> Result<(), Box<dyn Error>> {
    let name = format!("metadata/{service}.xml");
    let document = Source { text: fs::read_to_string(&name)?, name };
    let options = Options { command: "cargo build".to_owned(), ..Options::default() };
    let output = generate(&[document], &[], &options)
        .map_err(|diagnostics| render(&diagnostics, Style::Plain))?;
    Directory::new(module, service, Kind::Module).replace(&output.files)?;
    Ok(())
}
