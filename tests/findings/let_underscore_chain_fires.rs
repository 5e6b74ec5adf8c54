//# title: `let _ =` before a chain of calls over several lines
//# finds: let_underscore_lock
use std::sync::RwLock;
struct Statistics {
    table: RwLock<Vec<u32>>,
}
impl Statistics {
    fn add(&self) -> usize {
        let _ = self
            .table
            .write() //@ place
            .unwrap();
        self.table.read().unwrap().len()
    }
}
let statistics = Statistics { table: RwLock::new(vec![1]) };
println!("{}", statistics.add());
