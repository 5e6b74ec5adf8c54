//! What a person sees of a cell or a program while it runs, and the report that takes its place.

use crate::cell::live::{Live, Watched};
use crate::cell::report::Reporter;
use crate::run::Run;
use crate::session::Session;
use jupyter::MimeBundle;
use record::{Baseline, Region};
use std::sync::Arc;

impl Session {
    /// Shows what is recorded in `region` from now on, as `reporter` tells it; `None` when the
    /// system has no thread left for it.
    pub(crate) fn watch(
        &self,
        run: &Run<'_>,
        region: &Arc<Region>,
        baseline: &Baseline,
        reporter: &Reporter,
    ) -> Option<Live> {
        Live::start(Watched {
            publisher: (**run.io).clone(),
            parent: run.request.parent.clone(),
            cell: run.request.execution_count,
            region: region.clone(),
            baseline: baseline.clone(),
            reporter: reporter.clone(),
            controls: self.controls.clone(),
            workspace: self.workspace.root().to_owned(),
        })
    }
}

impl Run<'_> {
    /// Shows a cell's last report, in place of the one that was shown while it ran.
    pub(crate) fn show_report(&self, bundle: MimeBundle, live: Option<String>) {
        let (parent, nothing) = (&self.request.parent, MimeBundle::new());
        match live {
            Some(id) => self.io.update_display_data(parent, bundle, nothing, id),
            None => self.show(bundle),
        }
    }
}
