//# title: a LazyLock whose initialiser reads it
//# threads: T1
use std::sync::LazyLock;

static LEVEL: LazyLock<u32> = LazyLock::new(|| 1 + *LEVEL); //@ inside

fn level() -> u32 {
    *LEVEL
}
println!("{}", level());
