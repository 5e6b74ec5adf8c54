//# title: a cell ends like a main that returns a result
let text = "5";
let number = match text.parse::<i32>() {
    Ok(number) => number,
    Err(_) => return Ok(()),
};
println!("{number}");
Ok(())
//# prints: 5
//# cell
number
//# shows: 5
//# cell
if number > 4 {
    return Ok(());
}
println!("not reached");
//# prints:
//# cell
Ok(())
//# not: Ok
//# cell
// What a `return` comes before is not made, and what it would have replaced is still there.
let first = 1;
if number > 4 {
    return Ok(());
}
let number = "another";
let last = 3;
//# cell
number
//# shows: 5
//# cell
first
//# error: `first` was made in [5], which ended early, by a `return`
//# cell
last
//# error: [5], which ended early, by a `return`
//# cell
let (first, number) = (2, number + 1);
if number > 6 {
    return Ok(());
}
//# cell
first + number
//# shows: 8
//# cell
return 5;
//# error: its value is its last expression
//# cell
let other = match "x".parse::<i32>() { Ok(n) => n, Err(e) => return Err(e) };
//# error: `Err(…)?` ends a cell with an error
