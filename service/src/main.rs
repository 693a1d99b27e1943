//! The program `mediad`; all of it is in the library, where tests and fuzz targets reach it.

fn main() -> anyhow::Result<()> {
    mediad::main()
}
