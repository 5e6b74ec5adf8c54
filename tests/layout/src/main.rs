//! Prints the rings of files in the packages of a tree.
use std::path::Path;
use std::{env, fs};

fn main() {
    let mut family = layout::arrows::Family::Counted;
    let mut tree = ".".to_owned();
    for argument in env::args().skip(1) {
        if argument == "--apart" {
            family = layout::arrows::Family::LeftOut
        } else {
            tree = argument
        }
    }
    let mut manifests = Vec::new();
    find(Path::new(&tree), &mut manifests);
    manifests.sort();
    let mut total = 0;
    for folder in manifests {
        for root in ["src/lib.rs", "src/main.rs"] {
            let root = folder.join(root);
            if !root.exists() {
                continue;
            }
            let read = layout::modules::read(&root).unwrap();
            let name = |file: usize| {
                read.files[file]
                    .strip_prefix(&tree)
                    .unwrap_or(&read.files[file])
                    .display()
                    .to_string()
            };
            let rings = layout::arrows::rings(&read, family);
            println!(
                "{}: {} files, {} rings",
                root.strip_prefix(&tree).unwrap_or(&root).display(),
                read.files.len(),
                rings.len()
            );
            total += rings.len();
            for (file, module) in &read.missing {
                println!("  mod {module} in {} has no file", file.display());
            }
            for ring in rings {
                println!("  ring of {}:", ring.files.len());
                for arrow in ring.arrows {
                    println!(
                        "    {}:{} → {}   ({})",
                        name(arrow.from),
                        arrow.line,
                        name(arrow.to),
                        arrow.path
                    );
                }
            }
        }
    }
    println!("{total} rings");
    if total > 0 {
        std::process::exit(1);
    }
}

fn find(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    if folder.join("Cargo.toml").exists() {
        found.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type().unwrap().is_dir()
            && !name.starts_with('.')
            && name != "target"
            && name != "node_modules"
        {
            find(&entry.path(), found);
        }
    }
}
