//# title: code that was copied from a web page or a letter
println!(“hello”);
//# error: [1]:1:10
//# error: `“` is no character of Rust: write `"`
//# not: E0425
//# cell
let a = 3;
let b = 5;
a – b
//# error: [2]:3:3
//# error: write `-`
//# cell
let text = "“quoted” – and more…"; // it’s a comment
text.chars().count()
//# shows: 20
//# cell
let größe = 5; let 数 = 3;
größe + 数
//# shows: 8
//# cell
fn unfinished() {
    println!("a");
//# error: [5]:1:17
//# error: this `{` is never closed
//# cell
unfinished()
//# error: cannot find function `unfinished`
