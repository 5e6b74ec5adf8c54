//# title: async, objects
:dep tokio = { version = "1", features = ["rt", "rt-multi-thread", "time", "sync", "macros"] }
//# cell
use std::time::Duration; use std::future::Future; use std::pin::{Pin, pin};
async fn page_title(n: u32) -> Option<String> { tokio::time::sleep(Duration::from_millis(1)).await; (n > 0).then(|| format!("page {n}")) }
page_title(1).await
//# shows: Some("page 1")
//# cell
fn run<F: Future>(f: F) -> F::Output { tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(f) }
run(async { let (a, b) = tokio::join!(page_title(1), page_title(0)); (a, b) })
//# shows: (Some("page 1"), None)
//# cell
let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
run(async move { let t1 = async move { for v in 0..3 { tx.send(v).unwrap(); tokio::time::sleep(Duration::from_millis(1)).await; } }; let r = async { let mut all = vec![]; while let Some(v) = rx.recv().await { all.push(v); } all }; tokio::join!(t1, r).1 })
//# shows: [0, 1, 2]
//# cell
let futures: Vec<Pin<Box<dyn Future<Output = u32>>>> = vec![Box::pin(async { 1 }), Box::pin(async { 2 })];
run(async { let mut sum = 0; for f in futures { sum += f.await; } sum })
//# shows: 3
//# cell
let f1 = async { 1 }; let f2 = async { 2 }; let both = vec![f1, f2];
//# error: mismatched types
//# cell
let slow = async { tokio::time::sleep(Duration::from_secs(5)).await; "finally" };
run(async { tokio::time::timeout(Duration::from_millis(5), slow).await.is_err() })
//# shows: true
//# cell
pub trait Draw { fn draw(&self) -> String; } pub struct Screen { pub components: Vec<Box<dyn Draw>> }
impl Screen { pub fn run(&self) -> Vec<String> { self.components.iter().map(|c| c.draw()).collect() } }
struct Button { label: String } impl Draw for Button { fn draw(&self) -> String { format!("[{}]", self.label) } } struct Select(Vec<String>); impl Draw for Select { fn draw(&self) -> String { self.0.join("|") } }
let screen = Screen { components: vec![Box::new(Select(vec!["Yes".into(), "No".into()])), Box::new(Button { label: "OK".into() })] };
//# cell
screen.run()
//# shows: ["Yes|No", "[OK]"]
//# cell
let screen = Screen { components: vec![Box::new(String::from("Hi"))] };
//# error: the trait bound `String: Draw` is not satisfied
//# cell
struct Post { state: Option<Box<dyn PostState>>, content: String } trait PostState { fn request_review(self: Box<Self>) -> Box<dyn PostState>; fn approve(self: Box<Self>) -> Box<dyn PostState>; fn content<'a>(&self, _p: &'a Post) -> &'a str { "" } }
struct Draft; struct Pending; struct Published;
impl PostState for Draft { fn request_review(self: Box<Self>) -> Box<dyn PostState> { Box::new(Pending) } fn approve(self: Box<Self>) -> Box<dyn PostState> { self } }
impl PostState for Pending { fn request_review(self: Box<Self>) -> Box<dyn PostState> { self } fn approve(self: Box<Self>) -> Box<dyn PostState> { Box::new(Published) } }
impl PostState for Published { fn request_review(self: Box<Self>) -> Box<dyn PostState> { self } fn approve(self: Box<Self>) -> Box<dyn PostState> { self } fn content<'a>(&self, p: &'a Post) -> &'a str { &p.content } }
impl Post { fn new() -> Post { Post { state: Some(Box::new(Draft)), content: String::new() } } fn content(&self) -> &str { self.state.as_ref().unwrap().content(self) } fn request_review(&mut self) { if let Some(s) = self.state.take() { self.state = Some(s.request_review()) } } fn approve(&mut self) { if let Some(s) = self.state.take() { self.state = Some(s.approve()) } } }
let mut post = Post::new(); post.content.push_str("salad");
//# cell
post.request_review(); let before = post.content().to_owned(); post.approve();
(before, post.content())
//# shows: ("", "salad")
