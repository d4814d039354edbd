//! The committed header is the one that the sources make.

use std::path::Path;

fn generated(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    // The modules are found from there.
    let builder = cbindgen::Builder::new().with_config(config).with_src(root.join("src/lib.rs"));
    let mut header = Vec::new();
    builder.generate().expect("the sources make a header").write(&mut header);
    String::from_utf8(header).expect("a header is UTF-8")
}

/// Compares a committed file with what it must be; writes it where FASP_BLESS is set.
fn compare(path: &Path, wanted: &str) {
    if std::env::var_os("FASP_BLESS").is_some() {
        std::fs::write(path, wanted).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(path).expect("the file is committed");
    assert!(
        committed == wanted,
        "{} is not what the sources make; run FASP_BLESS=1 cargo test -p faspstream-capi --test header",
        path.display()
    );
}

#[test]
fn the_committed_header_is_what_the_sources_make() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    compare(&root.join("include/faspstream.h"), &generated(root));
}

#[test]
fn the_version_script_exports_the_functions_of_the_header_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = generated(root);
    let mut names: Vec<&str> = header
        .lines()
        .filter(|line| !line.starts_with("//") && !line.starts_with("typedef"))
        .filter_map(|line| line.split_once('(')?.0.split([' ', '*']).next_back())
        .filter(|name| name.starts_with("fasp_"))
        .collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    assert!(names.len() > 40, "{names:?}");
    let list: String = names.iter().map(|name| format!("    {name};\n")).collect();
    compare(
        &root.join("faspstream.map"),
        &format!("FASPSTREAM_1 {{\n  global:\n{list}  local:\n    *;\n}};\n"),
    );
}
