//# title: const and type alias edited
const SIZE: usize = 3;
type Row = [i32; SIZE];
static GRID: std::sync::Mutex<[Row; 2]> = std::sync::Mutex::new([[0; SIZE]; 2]);
fn total() -> i32 { GRID.lock().unwrap().iter().flatten().sum() }
//# cell
GRID.lock().unwrap()[1][2] = 9;
println!("{}", total());
//# prints: 9
//# cell
const SIZE: usize = 5;
//# says: `GRID` is a new static
//# cell
GRID.lock().unwrap()[1][4] = 7;
println!("{}", total());
//# prints: 7
//# cell
type Row = [i64; SIZE];
//# says: total
//# cell
println!("{}", GRID.lock().unwrap()[1][4]);
//# prints: 0
