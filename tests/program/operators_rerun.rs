//# title: operators, From, Iterator; rerun each cell
#[derive(Debug, Clone, Copy, PartialEq)]
struct V(i32, i32);
impl std::ops::Add for V { type Output = V; fn add(self, o: V) -> V { V(self.0 + o.0, self.1 + o.1) } }
impl From<(i32, i32)> for V { fn from(t: (i32, i32)) -> V { V(t.0, t.1) } }
//# cell
impl std::ops::Add for V { type Output = V; fn add(self, o: V) -> V { V(self.0 + o.0, self.1 + o.1) } }
impl From<(i32, i32)> for V { fn from(t: (i32, i32)) -> V { V(t.1, t.0) } }
impl From<i32> for V { fn from(t: i32) -> V { V(t, t) } }
println!("{:?}", V::from((1, 2)) + V::from(3));
//# prints: V(5, 4)
//# cell
struct Count { n: u32 }
impl Iterator for Count { type Item = u32; fn next(&mut self) -> Option<u32> { self.n += 1; (self.n < 4).then_some(self.n) } }
Count { n: 0 }.sum::<u32>()
//# shows: 6
//# cell
impl Iterator for Count { type Item = u64; fn next(&mut self) -> Option<u64> { self.n += 1; (self.n < 3).then_some(self.n as u64) } }
Count { n: 0 }.sum::<u64>()
//# shows: 3
//# cell
#[derive(Debug, Clone, Copy, PartialEq)]
struct V { x: i32, y: i32 }
//# says: impl std::ops::Add for V
//# cell
V { x: 1, y: 2 }
//# shows: V { x: 1, y: 2 }
