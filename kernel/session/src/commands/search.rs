//! What `:explore` is told.

/// What `:explore` is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// How many runs at most.
    pub runs: Option<u64>,
    /// Seconds at most.
    pub seconds: Option<f64>,
    /// Until nothing is left to try.
    pub all: bool,
    /// What random choices begin with.
    pub seed: u64,
    /// How runs are chosen.
    pub strategy: String,
    /// Loads see the newest store, whatever their order allows.
    pub sequential: bool,
}

/// How `:explore` may choose runs.
pub const STRATEGIES: [&str; 6] = ["all", "random", "pct", "pos", "surw", "reads-from"];

impl Search {
    /// What a replay is, as a search.
    pub fn of_replay() -> Search {
        Search {
            runs: Some(1),
            seconds: None,
            all: false,
            seed: 0,
            strategy: "replay".into(),
            sequential: false,
        }
    }

    /// From the arguments of `:explore`; `None` if they make no sense.
    pub(super) fn parse(arguments: &str) -> Option<Search> {
        let mut search = Search {
            runs: None,
            seconds: None,
            all: false,
            seed: 1,
            strategy: STRATEGIES[0].into(),
            sequential: false,
        };
        for word in arguments.split_whitespace() {
            match (word.split_once('='), word.strip_suffix('s')) {
                (Some(("seed", seed)), _) => search.seed = seed.parse().ok()?,
                (Some(("strategy", name)), _) if STRATEGIES.contains(&name) => {
                    search.strategy = name.into();
                }
                (Some(("memory", memory @ ("sc" | "c11"))), _) => {
                    search.sequential = memory == "sc"
                }
                (Some(_), _) => return None,
                (None, _) if word == "all" => search.all = true,
                (None, Some(seconds)) => {
                    let seconds: f64 = seconds.parse().ok()?;
                    search.seconds = Some(seconds).filter(|seconds| *seconds > 0.0);
                    search.seconds?;
                }
                (None, None) => {
                    search.runs = Some(word.parse().ok()?).filter(|runs| *runs > 0);
                    search.runs?;
                }
            }
        }
        Some(search)
    }
}
