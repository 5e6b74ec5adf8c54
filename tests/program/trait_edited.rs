//# title: trait with impls edited
trait Animal { fn name(&self) -> String; fn noise(&self) -> String { "...".into() } }
struct Dog; struct Cat;
impl Animal for Dog { fn name(&self) -> String { "dog".into() } }
impl Animal for Cat { fn name(&self) -> String { "cat".into() } fn noise(&self) -> String { "meow".into() } }
//# cell
fn talk(a: &dyn Animal) -> String { format!("{} says {}", a.name(), a.noise()) }
println!("{} {}", talk(&Dog), talk(&Cat));
//# prints: dog says ... cat says meow
//# cell
impl Animal for Dog { fn name(&self) -> String { "dog".into() } fn noise(&self) -> String { "woof".into() } }
//# cell
println!("{}", talk(&Dog));
//# prints: dog says woof
//# cell
trait Animal { fn name(&self) -> String; fn legs(&self) -> u32; fn noise(&self) -> String { "...".into() } }
//# says: impl Animal for Cat
//# cell
impl Animal for Dog { fn name(&self) -> String { "dog".into() } fn legs(&self) -> u32 { 4 } }
println!("{}", talk(&Dog));
//# prints: dog says ...
//# cell
trait Loud { fn word(&self) -> String; fn shout(&self) -> String { self.word() + "!" } }
struct Cat;
impl Loud for Cat { fn word(&self) -> String { "meow".into() } }
let loud: Box<dyn Loud> = Box::new(Cat);
//# cell
trait Loud { fn word(&self) -> String; fn shout(&self) -> String { self.word() + "!!" } }
Cat.shout()
//# shows: "meow!!"
//# says: What `loud` had before keeps the earlier `Loud`
//# cell
loud.shout()
//# shows: "meow!"
//# cell
trait Loud { fn word(&self) -> String; fn shout(&self) -> String { self.word() + "!!" } /* as it was */ }
//# not: keeps the earlier
