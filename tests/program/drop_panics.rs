//# title: a value whose drop panics does not end the process
struct Bomb(u8);
impl Drop for Bomb { fn drop(&mut self) { if self.0 > 0 { panic!("bang {}", self.0); } } }
let kept = 5;
let b = Bomb(1);
//# cell
let b = Bomb(2);
//# error: bang 1
//# cell
println!("{kept}");
//# prints: 5
//# cell
let c = Bomb(3);
drop(c);
//# error: bang 3
//# cell
{ let _d = Bomb(4); }
//# error: bang 4
//# cell
Bomb(5);
//# error: bang 5
//# cell
let mut e = Bomb(6);
//# cell
e = Bomb(0);
//# error: bang 6
//# cell
println!("{kept}");
//# prints: 5
