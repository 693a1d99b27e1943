//! Reading and writing whole directories.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, Files};

/// Reads a folder and those in it. Text that is not UTF-8 was not generated: it is good enough if
/// it differs. Of a crate, what cargo makes and what is hidden is not looked at.
pub(super) fn read(
    folder: &Path,
    files: &mut Files,
    name: &str,
    is_crate: bool,
) -> Result<(), Error> {
    read_below(folder, "", files, name, is_crate)
}

fn read_below(
    folder: &Path,
    prefix: &str,
    files: &mut Files,
    shown: &str,
    is_crate: bool,
) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(failed("listing", folder))? {
        let entry = entry.map_err(failed("listing", folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed("reading", &path))?;
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let is_foreign = file_name.starts_with('.') || (prefix.is_empty() && file_name == "target");
        if is_crate && is_foreign {
            continue;
        }
        let name = format!("{prefix}{file_name}");
        if kind.is_dir() {
            read_below(&path, &format!("{name}/"), files, shown, is_crate)?;
        } else if kind.is_file() {
            let bytes = fs::read(&path).map_err(failed("reading", &path))?;
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        } else if !is_crate {
            return Err(Error::NotAFile(format!("{shown}/{name}")));
        }
    }
    Ok(())
}

/// The text of a file; `None` if there is none.
fn text(path: &Path) -> Result<Option<String>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { what: "reading", path: path.to_owned(), source }),
    }
}

/// Puts files in the place of a directory. They are written beside it first: whoever looks sees
/// the old directory or the new one, and half a directory never takes its place.
pub(super) fn replace(directory: &Path, wanted: &Files) -> Result<(), Error> {
    let new = sibling(directory, "new")?;
    fs::create_dir_all(&new).map_err(failed("creating", &new))?;
    for (name, text) in wanted {
        let path = new.join(name);
        let before = directory.join(name);
        // A file that is the same is kept, with its time: builds are not repeated for it.
        if self::text(&before).ok().flatten().as_deref() == Some(text) {
            create_parent(&path)?;
            let time = before.metadata().and_then(|before| before.modified());
            write(&path, text)?;
            if let Ok(time) = time {
                let file = fs::File::options().append(true).open(&path);
                let set = file.and_then(|file| file.set_modified(time));
                set.map_err(failed("writing", &path))?;
            }
        } else {
            write(&path, text)?;
        }
    }
    let old = sibling(directory, "old")?;
    if directory.exists() {
        rename(directory, &old)?;
    }
    rename(&new, directory)?;
    remove(&old)
}

/// Writes what is different beside what is there, then puts it in place, then removes what is
/// left over.
pub(super) fn update(directory: &Path, wanted: &Files, present: &Files) -> Result<(), Error> {
    let mut staged = Vec::new();
    for (name, text) in wanted.iter().filter(|(name, text)| present.get(*name) != Some(*text)) {
        let path = directory.join(name);
        let beside = beside(&path, "new");
        write(&beside, text)?;
        staged.push((beside, path));
    }
    for (beside, path) in staged {
        rename(&beside, &path)?;
    }
    for name in present.keys().filter(|name| !wanted.contains_key(*name)) {
        let path = directory.join(name);
        fs::remove_file(&path).map_err(failed("removing", &path))?;
        // A folder that is empty now was made for the file; others stay.
        if let Some(folder) = path.parent().filter(|folder| *folder != directory) {
            let _ = fs::remove_dir(folder);
        }
    }
    Ok(())
}

/// A hidden neighbour, on the same disk, without what a run that was killed left in it.
fn sibling(directory: &Path, extension: &str) -> Result<PathBuf, Error> {
    let path = beside(directory, extension);
    remove(&path)?;
    Ok(path)
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{extension}"))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    create_parent(path)?;
    fs::write(path, text).map_err(failed("writing", path))
}

fn create_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) => fs::create_dir_all(folder).map_err(failed("creating", folder)),
        None => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(failed("renaming", from))
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("removing", path)(error))
        }
        _ => Ok(()),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}
