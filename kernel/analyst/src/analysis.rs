//! rust-analyzer, with the crates of all sessions that ask.
//!
//! Each session's package is a crate of its own, which no other depends on: so none sees another's
//! code. What they share, the standard library and crates of the same version, is there once.

mod answers;
mod plain;

use crate::error::Error;
use crate::files::Files;
use crate::project;
use crate::protocol::{Answer, Project, Question, Wanted};
use ra_ap_base_db::{CrateGraphBuilder, ProcMacroPaths, SourceRoot};
use ra_ap_hir::ChangeWithProcMacros;
use ra_ap_ide::{AnalysisHost, FileId};
use ra_ap_paths::AbsPathBuf;
use ra_ap_project_model::ProjectWorkspace;
use ra_ap_vfs::file_set::FileSetConfig;
use ra_ap_vfs::{Vfs, VfsPath};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// rust-analyzer and what it was told.
#[derive(Default)]
pub(crate) struct Analysis {
    host: AnalysisHost,
    vfs: Vfs,
    files: Files,
    sessions: BTreeMap<PathBuf, Session>,
}

/// What was told of a session.
struct Session {
    project: Arc<Project>,
    workspace: ProjectWorkspace,
    source_file: AbsPathBuf,
    source: FileId,
}

impl Analysis {
    /// The answer to a question.
    pub fn answer(&mut self, question: &Question) -> Answer {
        let answered = catch_unwind(AssertUnwindSafe(|| self.try_answer(question)));
        answered.map_or_else(
            |_| {
                // Whatever it holds may be half done.
                *self = Analysis::default();
                Answer::Failed("rust-analyzer panicked".into())
            },
            |answer| answer.unwrap_or_else(|error| Answer::Failed(error.to_string())),
        )
    }

    /// A session has ended.
    pub fn forget(&mut self, folder: &Path) {
        if let Some(session) = self.sessions.remove(folder) {
            let path = VfsPath::from(session.source_file);
            self.vfs.set_file_contents(path, None);
            let forgotten = catch_unwind(AssertUnwindSafe(|| {
                let mut change = ChangeWithProcMacros::default();
                self.tell_crates(&mut change);
                self.host.apply_change(change);
            }));
            if forgotten.is_err() {
                *self = Analysis::default();
            }
        }
    }

    fn try_answer(&mut self, question: &Question) -> Result<Answer, Error> {
        let mut change = ChangeWithProcMacros::default();
        let source = self.session(&question.project, &mut change)?;
        change.change_file(source, Some(question.source.clone()));
        self.host.apply_change(change);
        let analysis = self.host.analysis();
        Ok(match question.wanted {
            Wanted::Completions => answers::completions(&analysis, source, question),
            Wanted::Documentation => answers::documentation(&analysis, source, question.offset),
        })
    }

    /// The source file of a session, which is made known if it is not yet, or has changed.
    fn session(
        &mut self,
        project: &Arc<Project>,
        change: &mut ChangeWithProcMacros,
    ) -> Result<FileId, Error> {
        if let Some(known) = self.sessions.get(&project.folder)
            && known.project == *project
        {
            return Ok(known.source);
        }
        let source_file = project::source_file(project)?;
        let workspace = project::workspace(project)?;
        if let Ok(folder) = project::absolute(project, &project.folder) {
            self.files.forget(&folder);
        }
        for root in workspace.to_roots() {
            self.files.read(&mut self.vfs, &root);
        }
        let path = VfsPath::from(source_file.clone());
        // Whatever stands on disk: the question says what the source is.
        self.vfs.set_file_contents(path.clone(), Some(Vec::new()));
        let source = self.vfs.file_id(&path).map(|(id, _)| id);
        let source = source.ok_or_else(|| Error::Project {
            folder: project.folder.clone(),
            cause: "its source is not there".into(),
        })?;
        let session = Session {
            project: project.clone(),
            workspace,
            source_file,
            source,
        };
        self.sessions.insert(project.folder.clone(), session);
        self.tell_crates(change);
        Ok(source)
    }

    /// Tells of all files and crates anew; what is as it was costs rust-analyzer little.
    fn tell_crates(&mut self, change: &mut ChangeWithProcMacros) {
        for (file, changed) in self.vfs.take_changes() {
            use ra_ap_vfs::Change;
            let text = match changed.change {
                Change::Create(text, _) | Change::Modify(text, _) => String::from_utf8(text).ok(),
                Change::Delete => None,
            };
            change.change_file(file, text);
        }
        let mut roots = FileSetConfig::builder();
        let own = self.sessions.values().filter_map(|session| {
            let folder = session.source_file.parent()?;
            Some(VfsPath::from(folder.to_path_buf()))
        });
        // Behind them stands all else: libraries, which do not change.
        roots.add_file_set(own.collect());
        let mut sets = roots.build().partition(&self.vfs).into_iter();
        let own = sets.next().map(SourceRoot::new_local);
        let roots = own
            .into_iter()
            .chain(sets.map(SourceRoot::new_library))
            .collect();
        change.set_roots(roots);
        let mut all = CrateGraphBuilder::default();
        for session in self.sessions.values() {
            let mut find = |path: &ra_ap_paths::AbsPath| {
                let path = VfsPath::from(path.to_path_buf());
                self.vfs.file_id(&path).map(|(id, _)| id)
            };
            let environment = Default::default();
            let (graph, _) = session.workspace.to_crate_graph(&mut find, &environment);
            all.extend(graph, &mut ProcMacroPaths::default());
        }
        change.set_crate_graph(all);
    }
}
