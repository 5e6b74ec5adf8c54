//# title: generic struct and impl blocks
#[derive(Debug)]
struct Stack<T> { items: Vec<T> }
impl<T> Stack<T> { fn new() -> Self { Stack { items: Vec::new() } } fn push(&mut self, t: T) { self.items.push(t); } }
//# cell
impl<T: std::fmt::Debug> Stack<T> { fn show(&self) -> String { format!("{:?}", self.items) } }
//# cell
let mut s = Stack::new();
s.push(1); s.push(2);
println!("{}", s.show());
//# prints: [1, 2]
//# cell
impl<T: std::fmt::Debug> Stack<T> { fn show(&self) -> String { format!("<{:?}>", self.items) } }
println!("{}", s.show());
//# prints: <[1, 2]>
//# cell
impl<T> Stack<T> { fn pop(&mut self) -> Option<T> { self.items.pop() } }
//# cell
println!("{:?} {}", s.pop(), s.show());
//# prints: Some(2) <[1]>
//# cell
impl<T: Clone> Stack<T> { fn pop(&mut self) -> T { self.items.pop().unwrap() } }
//# cell
println!("{:?}", s.pop());
//# prints: 1
