//! Stream names as file names that can't leave their directory.

use std::path::{Component, Path, PathBuf};

/// The relative path for a stream name: plain components only, so no `..`, no root, no drive, nothing hidden.
///
/// # Errors
/// A sentence for the peer that names the rule that was broken.
pub(crate) fn relative_path(name: &str) -> Result<PathBuf, String> {
    if name.is_empty() || name.contains(['\0', '\\', ':']) {
        return Err(format!("the stream name {name:?} is empty or has one of NUL, \\ and : in it"));
    }
    let path = Path::new(name);
    let plain =
        |c: Component<'_>| matches!(c, Component::Normal(part) if !part.to_string_lossy().starts_with('.'));
    if name.ends_with('/') || name.contains("//") || !path.components().all(plain) {
        return Err(format!(
            "the stream name {name:?} is no plain relative path; leave out '..', leading '/' and leading dots"
        ));
    }
    Ok(path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_taken_as_they_are() {
        for name in ["a", "with space", "Bücher/日本語.txt", "a..b", "x.tar.gz"] {
            assert_eq!(relative_path(name), Ok(PathBuf::from(name)));
        }
    }

    #[test]
    fn no_name_leaves_the_directory_or_hides_in_it() {
        for name in
            ["", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/", "./a", ".hidden", "a\\b", "c:x", "a\0b"]
        {
            assert!(relative_path(name).is_err(), "{name:?}");
        }
    }
}
