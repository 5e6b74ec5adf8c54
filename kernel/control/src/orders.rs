//! What the kernel asks for, in one variable of the environment: `name=value` pairs with `;`
//! between them.

use explore::{Heuristic, Schedule, Token};

use crate::scheduler::Rules;

/// The variable.
pub const VARIABLE: &str = "FEARLESS_EXPLORE";

/// The variable by which a person has each run be a process of its own, to compare.
const FORKS: &str = "FEARLESS_EXPLORE_FORKS";

/// The variable by which a person says how many processes explore at the same time, at most.
const WORKERS: &str = "FEARLESS_EXPLORE_WORKERS";

/// What to explore, and for how long.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Schedules at most.
    pub runs: u64,
    /// Seconds at most.
    pub seconds: f64,
    /// What random choices begin with.
    pub seed: u64,
    /// Whether to go through all of them.
    pub all: bool,
    /// How schedules are chosen.
    pub heuristic: Heuristic,
    /// What holds in a run.
    pub rules: Rules,
    /// Steps of a run at most.
    pub steps: usize,
    /// Seconds that a run may take.
    pub run_seconds: i64,
    /// A hash of the program's code, for tokens.
    pub code: u64,
    /// A schedule to repeat instead.
    pub replay: Option<Schedule>,
    /// How often to repeat it.
    pub times: u64,
    /// Whether each run is a process of its own.
    pub forks: bool,
    /// Whether one process explores alone, where two could.
    pub alone: bool,
}

impl Orders {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn read(text: &str) -> Result<Orders, String> {
        let mut orders = Orders {
            runs: u64::MAX,
            seconds: f64::INFINITY,
            seed: 1,
            all: false,
            heuristic: Heuristic::Portfolio,
            rules: Rules {
                weak: false,
                races: false,
            },
            steps: 20_000,
            run_seconds: 10,
            code: 0,
            replay: None,
            times: 1,
            forks: std::env::var_os(FORKS).is_some(),
            alone: std::env::var_os(WORKERS).is_some_and(|workers| workers == "1"),
        };
        let mut token = None;
        for pair in text.split(';').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let wrong = |_| format!("`{pair}` is not understood");
            match name {
                "runs" => orders.runs = value.parse().map_err(wrong)?,
                "seconds" => {
                    orders.seconds = value
                        .parse()
                        .map_err(|_| format!("`{pair}` is not understood"))?
                }
                "all" => orders.all = true,
                "weak" => orders.rules.weak = true,
                "races" => orders.rules.races = true,
                "seed" => orders.seed = value.parse().map_err(wrong)?,
                "strategy" => {
                    orders.heuristic = value.parse().map_err(|error| format!("{error}"))?
                }
                "steps" => orders.steps = value.parse().map_err(wrong)?,
                "run_seconds" => orders.run_seconds = value.parse().map_err(wrong)?,
                "code" => orders.code = u64::from_str_radix(value, 16).map_err(wrong)?,
                "times" => orders.times = value.parse().map_err(wrong)?,
                "replay" => token = Some(value.to_owned()),
                _ => return Err(format!("`{pair}` is not understood")),
            }
        }
        if let Some(token) = token {
            let token: Token = token.parse().map_err(|error| format!("{error}"))?;
            let schedule = token.schedule_for(orders.code);
            orders.replay = Some(schedule.map_err(|error| error.to_string())?.clone());
        }
        Ok(orders)
    }
}
