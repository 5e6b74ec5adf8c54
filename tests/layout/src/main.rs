//! Prints the rings of files in the packages of a tree: `layout [--apart] [TREE]`.
//!
//! `--apart` leaves out what a module and those within it (`x.rs`, `x/a.rs`) have with each other.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use layout::{Family, Tree, rules};

fn main() -> ExitCode {
    let mut family = Family::Counted;
    let mut root = PathBuf::from(".");
    for argument in env::args().skip(1) {
        if argument == "--apart" {
            family = Family::LeftOut;
        } else {
            root = PathBuf::from(argument);
        }
    }
    let found = rules::rings(&Tree::at(&root), family);
    for ring in &found {
        println!("{ring}");
    }
    println!("{} rings", found.len());
    if found.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
