//! Renders recordings into a folder, so that one can look at them:
//! `cargo run -p report --example gallery -- OUT [RECORDING.txt …]`. Writes each report as text,
//! SVG and JSON, and as two pages, light and dark, that imitate JupyterLab's colours.

#[path = "../tests/language/language.rs"]
mod language;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use report::{HtmlOptions, Input, SvgOptions, TextOptions};

fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().unwrap_or_else(|| PathBuf::from("gallery"));
    fs::create_dir_all(&out)?;
    let mut files: Vec<PathBuf> = arguments.collect();
    if files.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
        files = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()?;
        files.sort();
    }
    for file in files {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let it = language::recording(&fs::read_to_string(&file)?);
        let input = Input {
            snapshot: &it.snapshot,
            context: &it.context,
        };
        let Some(report) = report::build(&input) else {
            continue;
        };
        let (mut text, mut html, mut svg) = (String::new(), String::new(), String::new());
        let written = report::text(&report, &mut text, &TextOptions::default())
            .and(report::html(&report, &mut html, &HtmlOptions::default()))
            .and(report::svg(
                &report,
                &mut svg,
                &SvgOptions { standalone: true },
            ));
        written.map_err(io::Error::other)?;
        println!("{name}: html {} B, svg {} B", html.len(), svg.len());
        fs::write(out.join(format!("{name}.txt")), text)?;
        fs::write(out.join(format!("{name}.svg")), svg)?;
        fs::write(
            out.join(format!("{name}.json")),
            format!("{:#}\n", report.to_json()),
        )?;
        for (theme, light, ground, ink) in [
            ("light", true, "#ffffff", "rgba(0,0,0,1)"),
            ("dark", false, "#111111", "#ffffff"),
        ] {
            let page = format!(
                "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>{name}</title>\
                 <style>body{{--jp-layout-color0:{ground};--jp-content-font-color0:{ink};\
                 background:{ground};margin:8px;width:740px}}</style>\
                 <body data-jp-theme-light=\"{light}\">{html}</body></html>\n"
            );
            fs::write(out.join(format!("{name}-{theme}.html")), page)?;
        }
    }
    Ok(())
}
