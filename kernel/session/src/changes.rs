//! What a cell did to what earlier cells had made, told under it.

use crate::run::Run;
use crate::session::Session;
use crate::source::source_map::rust_start;
use crate::variables::End;
use toolchain::changes::{Changes, Edited, Fallen, Renewed};
use toolchain::parts;

impl Session {
    /// Says what is gone, or another one than before.
    pub(super) fn tell_changes(&mut self, run: &Run<'_>) {
        let changes = Changes::take(self.workspace.root());
        let cell = run.request.execution_count;
        for fallen in &changes.fallen {
            let Fallen {
                name, cell: made, ..
            } = fallen;
            let said =
                format!("`{name}` from [{made}] no longer compiled in [{cell}], and is gone");
            self.fallen.insert(name.clone(), said);
        }
        let is_live = |cell: &u32| self.region.live_threads(*cell) > 0;
        let mut text = told(&changes, &is_live);
        for edited in &changes.edited {
            text.push_str(&self.told_of_old(edited, cell, &is_live));
        }
        run.remark(&text);
    }

    /// Notes the items of a cell: what a later mistake asks for may be one of a cell that did not
    /// compile.
    pub(super) fn note_items(&mut self, run: &Run<'_>, end: End) {
        let cell = run.request.execution_count;
        for part in parts::split(&run.code[rust_start(&run.code)..]) {
            let Some(name) = part.item_name() else {
                continue;
            };
            if end == End::Refused {
                let said = format!("`{name}` was to be defined in [{cell}], which did not compile");
                self.fallen.insert(name, said);
            } else {
                self.fallen.remove(&name);
            }
        }
    }

    /// Who keeps what an item was before it was edited in this `cell`.
    fn told_of_old(&self, edited: &Edited, cell: u32, is_live: &dyn Fn(&u32) -> bool) -> String {
        let Edited { name, of_trait, .. } = edited;
        if of_trait.is_empty() {
            let mut cells = self.reporter.with_sources(|it| it.cells_that_say(name));
            cells.retain(|it| (edited.cell..cell).contains(it) && is_live(it));
            let cells: Vec<String> = cells.iter().map(|it| format!("[{it}]")).collect();
            return match cells.is_empty() {
                true => String::new(),
                false => format!(
                    "`{name}` is another one now; threads of {} still run the one before.\n",
                    cells.join(", ")
                ),
            };
        }
        let kept = self.variables.kept();
        let mut holders: Vec<String> = kept
            .filter(|(_, kind)| has_object_of(kind, of_trait))
            .map(|(name, _)| name)
            .chain(edited.statics.iter().map(String::as_str))
            .map(|name| format!("`{name}`"))
            .collect();
        holders.sort_unstable();
        match holders.is_empty() {
            true => String::new(),
            false => format!(
                "What {} had before keeps the earlier `{name}`, from [{}]: make it anew to use this one.\n",
                holders.join(", "),
                edited.cell
            ),
        }
    }
}

/// Whether a type has trait objects of a trait within.
fn has_object_of(kind: &str, of_trait: &str) -> bool {
    let last = |path: &str| path.rsplit("::").next().map(str::to_owned);
    let bare = of_trait.split('<').next().unwrap_or(of_trait).trim();
    kind.split("dyn ").skip(1).any(|rest| {
        let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let path = rest.split(|c| !is_of_path(c)).next().unwrap_or_default();
        last(path) == last(bare)
    })
}

/// The changes in words; `is_live` says whether threads of a cell still run.
fn told(changes: &Changes, is_live: &dyn Fn(&u32) -> bool) -> String {
    let mut text = String::new();
    for Fallen { name, cell, reason } in &changes.fallen {
        text.push_str(&format!(
            "`{name}` from [{cell}] no longer compiles and is gone: {reason}\n"
        ));
    }
    for Renewed {
        name,
        because,
        cells,
    } in &changes.renewed
    {
        let live: Vec<String> = cells
            .iter()
            .filter(|cell| is_live(cell))
            .map(|cell| format!("[{cell}]"))
            .collect();
        if !because.is_empty() {
            text.push_str(&format!(
                "`{name}` is a new static: `{because}`, a type within, was defined anew.\n"
            ));
        }
        if !live.is_empty() {
            text.push_str(&format!(
                "`{name}` is a new static; threads of {} still use the one before.\n",
                live.join(", ")
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_static_is_spoken_of_only_while_a_thread_uses_it() {
        let changes = Changes {
            renewed: vec![Renewed {
                name: "STOP".into(),
                because: String::new(),
                cells: vec![1, 3],
            }],
            ..Changes::default()
        };
        assert_eq!(told(&changes, &|_| false), "");
        assert_eq!(
            told(&changes, &|cell| *cell == 3),
            "`STOP` is a new static; threads of [3] still use the one before.\n"
        );
    }

    #[test]
    fn trait_objects_are_found_in_types() {
        assert!(has_object_of("Vec<Box<dyn Shape>>", "Shape"));
        assert!(has_object_of(
            "Arc<dyn crate::shapes::Shape + Send>",
            "Shape"
        ));
        assert!(has_object_of("Box<dyn Into<u8>>", "Into<u8>"));
        assert!(!has_object_of("Vec<Box<dyn Shapes>>", "Shape"));
        assert!(!has_object_of("Vec<Shape>", "Shape"));
    }

    #[test]
    fn what_fell_is_named_with_its_cell() {
        let changes = Changes {
            fallen: vec![Fallen {
                name: "area".into(),
                cell: 2,
                reason: "no field `r` on type `&Shape`".into(),
            }],
            ..Changes::default()
        };
        assert_eq!(
            told(&changes, &|_| false),
            "`area` from [2] no longer compiles and is gone: no field `r` on type `&Shape`\n"
        );
    }
}
