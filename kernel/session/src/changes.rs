//! What a cell did to what earlier cells had made, told under it.

use crate::run::Run;
use crate::session::Session;
use jupyter::Stream;
use toolchain::changes::{Changes, Fallen, Renewed};

impl Session {
    /// Says what is gone, or another one than before.
    pub(super) fn tell_changes(&mut self, run: &Run<'_>) {
        let changes = Changes::take(self.workspace.root());
        let is_live = |cell: &u32| self.region.live_threads(*cell) > 0;
        let text = told(&changes, &is_live);
        if !text.is_empty() && !run.request.silent {
            run.say(Stream::Stderr, &text);
        }
    }
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
