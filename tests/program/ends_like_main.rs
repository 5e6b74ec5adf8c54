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
return 5;
//# error: its value is its last expression
//# cell
let other = match "x".parse::<i32>() { Ok(n) => n, Err(e) => return Err(e) };
//# error: `Err(…)?` ends a cell with an error
