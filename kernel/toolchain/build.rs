//! Says which folders are inside the binary: what is new in one of them is compiled in as well.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for package in ["record", "std", "tasks", "locks", "explore", "control"] {
        println!("cargo::rerun-if-changed=../{package}/src");
    }
}
