//# title: structs, enums, matching
struct User { active: bool, name: String, email: String, count: u64 }
fn build(email: String, name: String) -> User { User { active: true, name, email, count: 1 } }
//# cell
let user1 = build("a@b.c".into(), "ann".into());
let user2 = User { email: String::from("x@y.z"), ..user1 };
user2.name.len() + user2.count as usize
//# shows: 4
//# cell
user1.email
//# error: user1
//# cell
#[derive(Debug, Clone, PartialEq)] struct Rectangle { width: u32, height: u32 }
impl Rectangle { fn area(&self) -> u32 { self.width * self.height } fn can_hold(&self, o: &Rectangle) -> bool { self.width > o.width && self.height > o.height } fn square(size: u32) -> Self { Self { width: size, height: size } } }
let rect = Rectangle { width: 30, height: 50 };
println!("{rect:#?}");
//# prints: Rectangle {\n    width: 30,\n    height: 50,\n}
//# cell
(rect.area(), rect.can_hold(&Rectangle::square(10)), rect)
//# shows: (1500, true, Rectangle { width: 30, height: 50 })
//# cell
struct Plain { w: u8 }
let plain = Plain { w: 1 }; println!("{plain:?}");
//# error: `Plain` doesn't implement `Debug`
//# cell
struct Color(i32, i32, i32); struct AlwaysEqual; let black = Color(0, 0, 0); let subject = AlwaysEqual;
let Color(r, g, b) = black;
r + g + b
//# shows: 0
//# cell
#[derive(Debug)] enum IpAddr { V4(u8, u8, u8, u8), V6(String) }
#[derive(Debug)] enum Message { Quit, Move { x: i32, y: i32 }, Write(String), Change(i32, i32, i32) }
impl Message { fn call(&self) -> String { match self { Message::Quit => "quit".into(), Message::Move { x, y } => format!("to {x},{y}"), Message::Write(t) => t.clone(), Message::Change(r, ..) => format!("red {r}") } } }
let home = IpAddr::V4(127, 0, 0, 1);
[Message::Quit, Message::Move { x: 1, y: 2 }, Message::Write("hi".into()), Message::Change(7, 0, 0)].iter().map(Message::call).collect::<Vec<_>>()
//# shows: ["quit", "to 1,2", "hi", "red 7"]
//# cell
home
//# shows: V4(127, 0, 0, 1)
//# cell
let x: i8 = 5; let y: Option<i8> = Some(5); x + y
//# error: cannot add `Option<i8>` to `i8`
//# cell
#[derive(Debug)] enum State { Alabama, Alaska } enum Coin { Penny, Quarter(State) }
fn value(c: Coin) -> u8 { match c { Coin::Penny => { println!("Lucky penny!"); 1 } Coin::Quarter(s) => { println!("from {s:?}"); 25 } } }
value(Coin::Penny) + value(Coin::Quarter(State::Alaska))
//# shows: 26
//# cell
fn plus_one(x: Option<i32>) -> Option<i32> { match x { Some(i) => Some(i + 1) } }
//# error: non-exhaustive patterns: `None` not covered
//# cell
let config_max = Some(3u8); if let Some(max) = config_max { println!("max {max}"); } else { println!("none"); }
let Some(m) = config_max else { panic!("no") };
m
//# shows: 3
