//# title: items of one name under different conditions
#[cfg(target_os = "linux")]
fn system() -> &'static str { "linux" }
#[cfg(not(target_os = "linux"))]
fn system() -> &'static str { "another" }
system()
//# shows: "linux"
//# cell
#[cfg(windows)]
fn system() -> &'static str { "windows" }
system()
//# shows: "linux"
//# cell
fn system() -> &'static str { "any" }
system()
//# shows: "any"
