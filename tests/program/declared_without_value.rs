//# title: a variable is declared in one cell, to be given a value in the next
let limit: u32;
//# says: `limit` is not kept for later cells: the cell gives it no value, or not on each way. Give it one there
//# cell
limit = 5;
//# error: `limit`, made in [1], is not kept for later cells: the cell gives it no value
//# cell
let limit;
if cfg!(unix) {
    limit = 5u8;
} else {
    limit = 6;
}
//# cell
limit
//# shows: 5
