//# title: code for another edition: `extern` without `unsafe`, a prelude without `Future`
:edition 2021
extern "C" { fn abs(number: i32) -> i32; }
trait Future { fn poll(&self) -> u8 { 4 } }
impl Future for u8 {}
i32::from(1u8.poll()) + unsafe { abs(-3) }
//# shows: 7
//# cell
:edition
//# prints: cells are compiled as Rust 2021
//# cell
:edition 2020
//# error: write `:edition 2015|2018|2021|2024`
//# cell
:allow_static_linking 0
:edition 2024
let done = std::pin::pin!(async { 5 });
//# prints: `:allow_static_linking` means nothing here: crates are linked once, to a library that all cells share\ncells are compiled as Rust 2024 from here on
