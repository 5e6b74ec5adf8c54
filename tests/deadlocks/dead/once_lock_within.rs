//# title: a OnceLock that asks for itself while it is being filled
//# threads: T1
use std::sync::OnceLock;

{
    let port: OnceLock<u16> = OnceLock::new();
    let value = port.get_or_init(|| {
        let base = *port.get_or_init(|| 8000); //@ stuck
        base + 80
    });
    println!("{value}");
}
